// Fields of expressions offer the names that can be used there: behind "${" in a
// text, anywhere in an expression. The arrows walk the list, Enter takes one.
const list = () => document.getElementById("names");
const options = () => [...list().querySelectorAll("[role=option]:not([hidden])")];
const chosen = () => list().querySelector("[aria-selected=true]");
const field = (target) => (list() ? target.closest?.("[data-names]") : null);
let taken = null; // a field whose last change was a press on a name

// token is the part of a name that stands before the caret; null where none fits.
function token(at) {
  const before = at.value.slice(0, at.selectionStart);
  if (at.dataset.names === "text" && before.lastIndexOf("${") <= before.lastIndexOf("}")) return null;
  return before.match(/[A-Za-z_][\w.]*$/)?.[0] ?? "";
}

function offer(at) {
  const part = token(at);
  const wanted = part !== null && (part !== "" || !at.value.trim() || at.dataset.names === "text");
  if (!wanted) return shut();
  for (const one of list().querySelectorAll("[role=option]")) one.hidden = !one.dataset.name.includes(part) || one.dataset.name === part;
  if (!options().length) return shut();
  if (list().previousElementSibling !== at) at.after(list());
  list().hidden = false;
  at.setAttribute("aria-controls", "names");
  at.setAttribute("aria-haspopup", "listbox");
  select(at, options().find((one) => one.dataset.name.startsWith(part)) ?? options()[0]);
}

function select(at, one) {
  chosen()?.setAttribute("aria-selected", "false");
  one.setAttribute("aria-selected", "true");
  one.scrollIntoView({ block: "nearest" });
  at.setAttribute("aria-activedescendant", one.id);
}

function shut() {
  const at = list()?.previousElementSibling;
  if (!list() || list().hidden) return false;
  list().hidden = true;
  at?.removeAttribute("aria-activedescendant");
  return true;
}

function take(at, one) {
  const end = at.selectionStart;
  const begin = end - token(at).length;
  const open = at.dataset.names === "text" && !/^[^${]*\}/.test(at.value.slice(end));
  at.setRangeText(one.dataset.name + (open ? "}" : ""), begin, end, "end");
  taken = at;
  shut();
  at.dispatchEvent(new Event("input", { bubbles: true }));
  shut();
}

const moves = { ArrowDown: 1, ArrowUp: -1 };

document.addEventListener("keydown", (event) => {
  const at = field(event.target);
  if (!at || list().hidden || event.isComposing) return;
  const all = options();
  if (moves[event.key]) select(at, all[(all.indexOf(chosen()) + moves[event.key] + all.length) % all.length]);
  else if (event.key === "Enter") take(at, chosen());
  else if (event.key === "Escape") shut();
  else return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);

document.addEventListener("input", ({ target }) => field(target) && offer(target));
document.addEventListener("focusin", ({ target }) => field(target)?.dataset.names === "expression" && offer(target));
document.addEventListener("focusout", ({ target }) => {
  shut();
  if (target === taken) target.dispatchEvent(new Event("change", { bubbles: true })); // a value that a script set tells nobody
  taken = null;
});
document.addEventListener("change", ({ target }) => target === taken && (taken = null), true);
document.addEventListener("pointerdown", (event) => event.target.closest?.("#names") && event.preventDefault());
document.addEventListener("click", ({ target }) => {
  const one = target.closest?.("#names [role=option]");
  if (one) take(list().previousElementSibling, one);
});
