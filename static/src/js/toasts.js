// Toasts leave by themselves, unless they report a failure or are being looked at.
const region = document.getElementById("toasts");

function leave(toast) {
  toast.toggleAttribute("data-leaving", true);
  setTimeout(() => toast.remove(), 200);
}

function watch(toast) {
  if (toast.dataset.toast === "seen") return;
  toast.dataset.toast = "seen";
  if (toast.getAttribute("role") === "alert") return;
  const stay = toast.querySelector("form, a") ? 10000 : 6000;
  const later = () => {
    if (toast.matches(":hover, :focus-within")) setTimeout(later, 2000);
    else leave(toast);
  };
  setTimeout(later, stay);
}

if (region) {
  const all = () => region.querySelectorAll("[data-toast]").forEach(watch);
  all();
  new MutationObserver(all).observe(region, { childList: true });
  region.addEventListener("click", (event) => {
    if (event.target.closest("[data-dismiss]")) leave(event.target.closest("[data-toast]"));
  });
}
