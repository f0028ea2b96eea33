// Dragging: a card goes to the gap that it is dropped on.
import { post } from "./tree.js";

let dragged = "";
const gapOf = (target) => {
  const gap = dragged && target.closest?.("[data-drop]");
  return gap && !gap.closest(`[data-drag="${dragged}"]`) ? gap : null;
};

function mark(gap) {
  for (const one of document.querySelectorAll("[data-over]")) if (one !== gap) one.removeAttribute("data-over");
  gap?.setAttribute("data-over", "");
}

document.addEventListener("dragstart", (event) => {
  const item = event.target.closest?.("[data-drag]");
  if (!item) return;
  dragged = item.dataset.drag;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged);
  event.dataTransfer.setDragImage(item, 24, 24);
  document.getElementById("canvas").toggleAttribute("data-dragging", true);
});

document.addEventListener("dragover", (event) => {
  const gap = gapOf(event.target);
  mark(gap);
  if (gap) event.preventDefault();
});

document.addEventListener("drop", (event) => {
  const gap = gapOf(event.target);
  if (!gap) return;
  event.preventDefault();
  post("move", dragged, gap.dataset.drop);
});

document.addEventListener("dragend", () => {
  dragged = "";
  mark(null);
  document.getElementById("canvas")?.removeAttribute("data-dragging");
});
