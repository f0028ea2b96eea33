// One line says when the connection is gone, and since when.
const banner = document.getElementById("offline");

function gone() {
  if (!banner?.hidden) return;
  const time = new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
  banner.querySelector("p").textContent = banner.dataset.text.replace("%{time}", time);
  banner.hidden = false;
}

function back() {
  if (banner) banner.hidden = true;
}

addEventListener("offline", gone);
addEventListener("online", back);
document.addEventListener("htmx:sse:error", ({ detail }) => {
  if (detail.status === 401) location.reload(); // signed out meanwhile: the server is there
  else gone();
});
document.addEventListener("htmx:sse:after:connection", back);
