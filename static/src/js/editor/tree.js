// The tree of cards: one of them is the way in, and edits are sent from here.
export const editor = () => document.getElementById("editor");
export const cards = () => [...document.querySelectorAll("#canvas .step")];
export const card = () => document.activeElement?.closest?.("#canvas .step");
export const typing = (element) => element.closest?.("input, textarea, select, [contenteditable]");

let last = ""; // id of the card that had the focus
let aimed = false; // what is under way is an edit of the tree
let busy = false; // an edit is under way
const line = []; // edits that were asked for meanwhile

// here is the card that the drawer is about, else the one that was left.
export function here() {
  const all = cards();
  return all.find((one) => one.hasAttribute("aria-current")) ?? document.getElementById(last) ?? all[0];
}

// after is where the focus goes that was on a card: with the step that was edited,
// else it stays.
export function after(id) {
  const stay = aimed ? null : document.getElementById(id);
  aimed = false;
  return stay ?? here();
}

export function walk(to) {
  if (!to) return;
  for (const one of cards()) one.tabIndex = one === to ? 0 : -1;
  last = to.id;
  to.focus();
}

document.addEventListener("focusin", () => {
  if (card()) last = card().id;
});

// wake makes one card the way into the tree, and the address what is shown.
export function wake() {
  const root = editor();
  if (!root) return;
  const first = card() ?? here();
  for (const one of cards()) one.tabIndex = one === first ? 0 : -1;
  if (location.pathname + location.search !== root.dataset.here) history.replaceState(history.state, "", root.dataset.here);
  const form = document.getElementById("op");
  for (const one of document.querySelectorAll("[data-drag]")) one.draggable = Boolean(form);
}

// post sends one edit of the step; the focus goes with it.
export function post(op, id, to = "") {
  inTurn(() => {
    aimed = true;
    const form = document.getElementById("op");
    if (!form) return;
    for (const [name, value] of Object.entries({ op, id, to })) form.elements[name].value = value;
    form.requestSubmit();
  });
}

// inTurn holds an edit back until the one before it is answered: each is made for
// the draft that the answer brings.
export function inTurn(edit) {
  if (!busy) edit();
  else if (line.length < 10) line.push(edit);
}

// A link is followed after the answer, or that would lead back. What follows the
// draft keeps still: the answer shows the same.
document.addEventListener("htmx:before:request", (event) => {
  const { request, sourceElement } = event.detail.ctx;
  if (request.method === "POST") busy = true;
  else if (busy && sourceElement?.closest("#editor")) {
    event.preventDefault();
    const way = sourceElement.getAttribute("href");
    if (way) inTurn(() => document.querySelector(`#editor a[href="${way}"]`)?.click());
  }
});

document.addEventListener("htmx:finally:request", ({ detail }) => {
  if (detail.ctx.request.method !== "POST") return;
  busy = false;
  line.shift()?.();
});

// whenNew calls back as soon as an answer's editor stands in the place of the old
// one, before another key is heard.
const waiting = [];
export const whenNew = (call) => waiting.push(call);

new MutationObserver((records) => {
  const fresh = records.some((record) => [...record.addedNodes].some((node) => node.id === "editor"));
  if (fresh) for (const call of waiting) call();
}).observe(editor().parentNode, { childList: true });
