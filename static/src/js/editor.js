// The editor of workflows. What it shows comes from the server with every edit;
// here are the keys of its tree, dragging, and the list of kinds as it is typed.
const editor = () => document.getElementById("editor");
const cards = () => [...document.querySelectorAll("#canvas .step")];
const card = () => document.activeElement?.closest?.("#canvas .step");
const typing = (element) => element.closest?.("input, textarea, select, [contenteditable]");
let wanted = false; // the tree had the focus before the answer came

// wake makes one card the way into the tree, and the address what is shown.
function wake() {
  const root = editor();
  if (!root) return;
  const all = cards();
  const here = all.find((one) => one.hasAttribute("aria-current")) ?? all[0];
  for (const one of all) one.tabIndex = one === here ? 0 : -1;
  if (location.pathname + location.search !== root.dataset.here) history.replaceState(history.state, "", root.dataset.here);
  if (wanted && here && !document.querySelector("#drawer [data-focus]")) here.focus({ preventScroll: false });
  wanted = false;
  for (const one of document.querySelectorAll("[data-drag]")) one.draggable = Boolean(document.getElementById("op"));
}

function post(op, id, to = "") {
  const form = document.getElementById("op");
  if (!form) return;
  wanted = true;
  form.elements.op.value = op;
  form.elements.id.value = id;
  form.elements.to.value = to;
  form.requestSubmit();
}

function walk(to) {
  if (!to) return;
  for (const one of cards()) one.tabIndex = one === to ? 0 : -1;
  to.focus();
}

const level = (one) => Number(one.getAttribute("aria-level"));

function step(event, from) {
  const all = cards();
  const at = all.indexOf(from);
  const rtl = document.documentElement.dir === "rtl";
  const key = rtl ? { ArrowLeft: "ArrowRight", ArrowRight: "ArrowLeft" }[event.key] ?? event.key : event.key;
  switch (key) {
    case "ArrowDown": return all[at + 1];
    case "ArrowUp": return all[at - 1];
    case "ArrowRight": return level(all[at + 1] ?? from) > level(from) ? all[at + 1] : null;
    case "ArrowLeft": return all.slice(0, at).reverse().find((one) => level(one) < level(from));
    case "End": return all.at(-1);
    case "Home": return all[0];
  }
}

const ways = { ArrowDown: "down", ArrowUp: "up", ArrowLeft: "out", ArrowRight: "in" };

document.addEventListener("keydown", (event) => {
  if (!editor() || document.querySelector("dialog:modal")) return;
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && !typing(event.target)) {
    event.preventDefault();
    wanted = Boolean(card());
    document.querySelector(event.shiftKey ? "#redo button" : "#undo button")?.click();
    return;
  }
  if (typing(event.target) || event.ctrlKey || event.metaKey) return;
  if (event.key === "?") {
    event.preventDefault();
    event.stopImmediatePropagation();
    document.getElementById("map")?.showModal();
    return;
  }
  const from = card();
  if (event.key === "/") {
    const add = document.querySelector("#drawer [data-add]");
    if (from?.tabIndex === 0 && !from.hasAttribute("aria-current")) sprout(from, event);
    else if (add) sprout(null, event, add);
    return;
  }
  if (!from) return;
  if (event.altKey) {
    if (!ways[event.key] || !from.dataset.step) return;
    event.preventDefault();
    const rtl = document.documentElement.dir === "rtl";
    const way = ways[event.key];
    post(rtl ? { in: "out", out: "in" }[way] ?? way : way, from.dataset.step);
  } else if (event.key === "Delete" && from.dataset.step) {
    event.preventDefault();
    post("delete", from.dataset.step);
  } else if (event.key === "Enter") {
    wanted = true; // the link is followed
  } else {
    const to = step(event, from);
    if (to) {
      event.preventDefault();
      walk(to);
    }
  }
}, true);

// sprout follows the "+" behind a card, or the link that the drawer has for it.
function sprout(from, event, link = from?.closest("li")?.nextElementSibling?.querySelector("a")) {
  if (!link) return;
  event.preventDefault();
  link.click();
}

// The list of kinds narrows while somebody types; Enter takes the first one.
document.addEventListener("input", ({ target }) => {
  if (target.dataset?.filter) narrow(target);
});

function narrow(input) {
  const list = document.getElementById(input.dataset.filter);
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const item of list.querySelectorAll("[data-words]")) item.hidden = !words.every((word) => item.dataset.words.includes(word));
  for (const group of list.querySelectorAll("[data-group]")) group.hidden = !group.querySelector("[data-words]:not([hidden])");
  list.querySelector("[data-none]").hidden = Boolean(list.querySelector("[data-words]:not([hidden])"));
}

document.addEventListener("submit", (event) => {
  const input = event.target.querySelector("[data-filter]");
  if (!input) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  document.querySelector(`#${input.dataset.filter} [data-words]:not([hidden])`)?.click();
}, true);

// What changes in the drawer is saved when its field is left.
document.addEventListener("change", ({ target }) => {
  const form = target.closest?.("form[data-save]");
  if (form && form.checkValidity() && !target.matches("[name='branch.name'], [name='branch.when'], [name$='.name']")) form.requestSubmit();
});

// Dragging: a card goes to the gap that it is dropped on.
let dragged = "";

document.addEventListener("dragstart", (event) => {
  const item = event.target.closest?.("[data-drag]");
  if (!item) return;
  dragged = item.dataset.drag;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged);
  event.stopPropagation();
});

document.addEventListener("dragover", (event) => {
  const gap = dragged && event.target.closest?.("[data-drop]");
  for (const one of document.querySelectorAll("[data-over]")) if (one !== gap) one.removeAttribute("data-over");
  if (!gap || gap.closest(`[data-drag="${dragged}"]`)) return;
  event.preventDefault();
  gap.setAttribute("data-over", "");
});

document.addEventListener("drop", (event) => {
  const gap = dragged && event.target.closest?.("[data-drop]");
  if (!gap) return;
  event.preventDefault();
  post("move", dragged, gap.dataset.drop);
});

document.addEventListener("dragend", () => {
  dragged = "";
  for (const one of document.querySelectorAll("[data-over]")) one.removeAttribute("data-over");
});

// An answer without an editor is a page of its own: an error, or a sign-in.
document.addEventListener("htmx:before:swap", (event) => {
  const { text, response, target } = event.detail.ctx;
  if (target?.id !== "editor" || text?.includes('id="editor"')) return;
  event.preventDefault();
  location.assign(response?.raw?.url && response.status < 400 ? response.raw.url : location.href);
});

wake();
document.addEventListener("htmx:after:swap", wake);
