// What changes in the drawer is saved when its field is left. What is typed while
// that is under way goes over into the answer. A new row waits until it says
// something. A press that leaves the field is done after the save: the answer would
// take away what is being pressed.
import { alike } from "./focus.js";
import { inTurn, whenNew } from "./tree.js";

const form = () => document.querySelector("#drawer form[data-save]");
const stepOf = (one) => one?.elements.namedItem("id")?.value;
const said = (field) => (field.type === "checkbox" ? field.checked : field.value);
const sent = new WeakMap(); // fields, as they went out
let swapping = false;
let before = null; // the form that an answer replaces

document.addEventListener("change", ({ target }) => {
  const own = target.closest?.("form[data-save]");
  if (swapping || !own || !own.checkValidity() || target.matches("[name='branch.name'], [name='branch.when'], [name$='.name']")) return;
  if (pressed) due = own;
  else save(own);
});

const save = (own) => inTurn(() => stepOf(form()) === stepOf(own) && form().requestSubmit());
let pressed = false;
let due = null; // the form to be saved when the press is over

document.addEventListener("pointerdown", () => (pressed = true), true);
for (const type of ["pointerup", "pointercancel"]) {
  document.addEventListener(type, () => {
    pressed = false;
    setTimeout(settle);
  }, true);
}

function settle() {
  if (due) save(due);
  due = null;
}

document.addEventListener("click", (event) => {
  const at = due && event.target.closest("#editor :is(a[href], button[type=submit])");
  if (!at || at.form === due) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const nth = alike(at).indexOf(at);
  settle();
  inTurn(() => alike(at)[nth]?.click());
}, true);

document.addEventListener("submit", ({ target }) => {
  for (const field of target.elements) sent.set(field, said(field));
}, true);

// A field that loses its focus because it goes away was not left by anybody.
document.addEventListener("htmx:before:swap", (event) => {
  if (event.defaultPrevented || event.detail.ctx.target?.id !== "editor") return;
  swapping = true;
  before = form();
});

whenNew(() => {
  swapping = false;
  const now = form();
  const typed = stepOf(now) === stepOf(before) ? [...(before?.elements ?? [])].filter((field) => sent.has(field) && sent.get(field) !== said(field)) : [];
  for (const field of typed) {
    const twin = named(now, field.name)[named(before, field.name).indexOf(field)];
    if (!twin) continue;
    twin.checked = field.checked;
    twin.value = field.value;
    twin.dispatchEvent(new Event("input", { bubbles: true }));
  }
  before = null;
});

const named = (own, name) => [...own.elements].filter((field) => field.name === name);
