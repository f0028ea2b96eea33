// Theme and rail change at once; the same form saves them for the next page.
import { token } from "./requests.js";

const themes = { dark: "levqor", light: "levqor-light" };

async function save(form, data) {
  const answer = await fetch(form.action, {
    method: "POST",
    body: new URLSearchParams(data),
    headers: { "X-CSRF-Token": token(), "X-Requested-With": "levqor" },
    redirect: "manual",
  }).catch(() => null);
  if (answer && answer.status < 400) return;
  for (const [name, value] of data) if (!form.elements[name]?.matches?.("input")) form.append(hidden(name, value));
  form.submit();
}

function hidden(name, value) {
  return Object.assign(document.createElement("input"), { type: "hidden", name, value });
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-theme-form], [data-rail-form]")) return;
  event.preventDefault();
  const data = new FormData(form, event.submitter);
  if (form.matches("[data-theme-form]")) theme(data.get("theme"));
  else rail(form, data.get("rail"));
  save(form, data);
}, true);

function theme(name) {
  if (themes[name]) document.documentElement.dataset.theme = themes[name];
  else delete document.documentElement.dataset.theme;
  for (const button of document.querySelectorAll("[data-theme-form] [name=theme]")) button.setAttribute("aria-pressed", String(button.value === name));
}

function rail(form, wanted) {
  const slim = wanted === "slim";
  document.querySelector(".shell").dataset.rail = wanted;
  form.elements.rail.value = slim ? "wide" : "slim";
  const button = form.querySelector("button");
  button.setAttribute("aria-pressed", String(slim));
  button.querySelector(".rail-label").textContent = slim ? button.dataset.widen : button.dataset.narrow;
}
