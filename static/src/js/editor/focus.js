// An answer brings a new editor. Who was in the tree stays in it, who was at a
// field or a button goes on there.
import { after, card, here, walk, whenNew } from "./tree.js";

let left = null;

document.addEventListener("htmx:before:swap", (event) => {
  const at = document.activeElement;
  if (event.defaultPrevented || !at?.closest("#editor")) return;
  if (event.detail.ctx.target?.id === "editor" || at.closest("#canvas")) left = describe(at);
});

function describe(at) {
  if (at.closest("#canvas") || at.value === "delete") return { tree: true, card: at.id };
  const dialog = at.closest("dialog");
  if (dialog) return { opener: dialog.id };
  const twins = alike(at);
  return { step: stepShown(), like: at, nth: twins.indexOf(at), caret: caretOf(at) };
}

const caretOf = (at) => (at.selectionStart == null ? null : [at.selectionStart, at.selectionEnd]);
const stepShown = () => document.querySelector("#step-form [name=id]")?.value;

// alike are the elements that a person would call by the same words.
export function alike(at) {
  const same = (one) => one.tagName === at.tagName && one.name === at.name && (!at.matches("button, a") || one.textContent.trim() === at.textContent.trim());
  return [...document.querySelectorAll(`#editor ${at.tagName}`)].filter(same);
}

// Of the canvas only what changed is drawn anew: its card may be gone.
document.addEventListener("htmx:after:swap", (event) => {
  if (event.detail.ctx.target?.id !== "editor" && left?.tree && !card()) walk(here());
  left = null;
});

whenNew(() => {
  const was = left;
  left = null;
  if (!was || document.querySelector("dialog:modal, #drawer [data-focus]")) return;
  if (was.tree) return walk(after(was.card));
  if (was.opener) return (document.querySelector(`#editor-bar [data-open="${was.opener}"]`) ?? here())?.focus();
  const twin = was.step === stepShown() || !was.like.closest("#drawer") ? alike(was.like)[was.nth] : null;
  if (!twin) return walk(here());
  twin.focus();
  if (was.caret) twin.setSelectionRange(...was.caret);
});
