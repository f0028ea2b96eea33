// Dialogs: opened by a link to their id, closed by Escape, [data-close] or a press
// beside them. Menus (details) close the same ways.
export function open(dialog) {
  if (!dialog || dialog.matches(":modal")) return;
  if (dialog.open) dialog.close();
  dialog.showModal();
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-open]");
  if (opener) {
    event.preventDefault();
    closeMenus();
    open(document.getElementById(opener.dataset.open));
    return;
  }
  const dialog = event.target.closest("dialog");
  if (dialog?.matches(":modal") && (event.target.closest("[data-close]") || beside(dialog, event))) {
    event.preventDefault();
    dialog.close();
  }
  closeMenus(event.target.closest(".menu, .more"));
  if (event.target.closest("[data-reload]")) {
    event.preventDefault();
    location.reload();
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector(":is(.menu, .more)[open]");
  menu?.querySelector("summary").focus();
  closeMenus();
});

function beside(dialog, event) {
  if (event.target !== dialog) return false;
  const box = dialog.getBoundingClientRect();
  return event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
}

function closeMenus(except) {
  for (const menu of document.querySelectorAll(":is(.menu, .more)[open]")) if (menu !== except) menu.open = false;
}

function wake() {
  for (const dialog of document.querySelectorAll("dialog[data-open-now]")) {
    dialog.removeAttribute("data-open-now");
    open(dialog);
  }
  const first = document.querySelector("[data-focus]");
  first?.focus();
  first?.removeAttribute("data-focus"); // once: what is swapped in beside it leaves the focus alone
}

wake();
document.addEventListener("htmx:after:swap", wake);

const again = document.querySelector("[data-refresh]");
if (again) setTimeout(() => location.reload(), again.dataset.refresh * 1000);
