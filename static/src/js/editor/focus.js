// An answer brings a new editor. Who was in the tree stays in it, who was at a
// field or a button goes on there.
import { after, here, walk, whenNew } from "./tree.js";

let left = null;

document.addEventListener("htmx:before:swap", (event) => {
  const at = document.activeElement;
  if (!event.defaultPrevented && event.detail.ctx.target?.id === "editor" && at?.closest("#editor")) left = describe(at);
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

// Whatever is drawn anew, who was in the editor is not left outside of it.
let inside = false;
document.addEventListener("pointerdown", () => (inside = false), true);
document.addEventListener("focusin", ({ target }) => (inside = Boolean(target.closest("#editor"))));
document.addEventListener("htmx:after:swap", () => {
  if (inside && document.activeElement === document.body && !document.querySelector("dialog:modal")) walk(here());
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
