// The keys of the editor: in the tree they walk, move and edit; Escape leads back
// to it. dialogs.templ lists them.
import { card, cards, editor, here, inTurn, post, typing, walk } from "./tree.js";

const rtl = () => document.documentElement.dir === "rtl";
const turned = { ArrowLeft: "ArrowRight", ArrowRight: "ArrowLeft" };
const pressed = (event) => (rtl() ? (turned[event.key] ?? event.key) : event.key);
const level = (one) => Number(one.getAttribute("aria-level"));
const ways = { ArrowDown: "down", ArrowUp: "up", ArrowLeft: "out", ArrowRight: "in" };

function next(event, from) {
  const all = cards();
  const at = all.indexOf(from);
  switch (pressed(event)) {
    case "ArrowDown": return all[at + 1];
    case "ArrowUp": return all[at - 1];
    case "ArrowRight": return level(all[at + 1] ?? from) > level(from) ? all[at + 1] : null;
    case "ArrowLeft": return all.slice(0, at).reverse().find((one) => level(one) < level(from));
    case "End": return all.at(-1);
    case "Home": return all[0];
  }
}

document.addEventListener("keydown", (event) => {
  if (!editor() || event.isComposing || document.querySelector("dialog:modal")) return;
  const from = card();
  const done = event.ctrlKey || event.metaKey ? combined(event, from) : plain(event, from);
  if (!done) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);

// combined are the keys with Ctrl, or the Mac's key.
function combined(event, from) {
  if (typing(event.target)) return false;
  const key = event.key.toLowerCase();
  if (key === "z") inTurn(() => document.querySelector(event.shiftKey ? "#redo button" : "#undo button")?.click());
  else if (key === "d" && from?.dataset.step) post("duplicate", from.dataset.step);
  else return false;
  return true;
}

function plain(event, from) {
  if (event.key === "Escape") return leave(event.target);
  if (typing(event.target)) return false;
  if (event.key === "?") return show("map");
  if (event.key === "/") return sprout(from);
  if (!from) return false;
  if (event.altKey) return move(event, from);
  if (event.key === "Delete" || event.key === "Backspace") return remove(from);
  if (event.key === "Enter" || event.key === " ") return enter(from);
  const to = next(event, from);
  walk(to);
  return Boolean(to);
}

function show(id) {
  document.getElementById(id)?.showModal();
  return true;
}

function remove(from) {
  if (from.dataset.step) post("delete", from.dataset.step);
  return true;
}

function move(event, from) {
  const way = ways[pressed(event)];
  if (!way) return false;
  if (from.dataset.step) post(way, from.dataset.step);
  return true;
}

// enter shows a card's settings; once they are there, it goes to the first of them.
function enter(from) {
  const first = from.hasAttribute("aria-current") && document.querySelector("#drawer :is(input:not([type=hidden]), textarea, select):enabled");
  if (first) first.focus();
  else from.click();
  return true;
}

// leave goes from the drawer back to the tree, but from an open list only out of it.
function leave(target) {
  if (!target.closest?.("#drawer") || target.matches("option, select:open")) return false;
  walk(here());
  return true;
}

// sprout adds behind a card; with none chosen, at the end.
function sprout(from) {
  const at = from ?? document.querySelector("#canvas [aria-current]");
  const links = document.querySelectorAll("#canvas > .flow > .plus a");
  const link = at ? at.closest("li").nextElementSibling?.querySelector("a") : links[links.length - 1];
  link?.click();
  return Boolean(link);
}
