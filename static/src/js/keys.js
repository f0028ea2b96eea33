// Shortcuts: Ctrl+K searches, ? lists the keys, g and a letter goes, j and k walk a
// list, x ticks its row. None while something is being typed.
import { open } from "./dialogs.js";
import { openPalette } from "./palette.js";

const mac = /Mac|iPhone|iPad/.test(navigator.platform);
if (mac) for (const key of document.querySelectorAll("[data-mac]")) key.textContent = key.dataset.mac;

let went = -Infinity;

document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() === "k" && (mac ? event.metaKey : event.ctrlKey)) {
    event.preventDefault();
    openPalette();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog:modal")) return;
  if (event.key === "?") open(document.getElementById("keys"));
  else if (event.key === "g") went = event.timeStamp;
  else if (event.timeStamp - went < 1500) go(event);
  else if (event.key === "j") walk(1);
  else if (event.key === "k") walk(-1);
  else if (event.key === "x") row()?.querySelector("input[type=checkbox]")?.click();
});

const typing = (element) => element.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
const row = () => document.activeElement?.closest("tbody tr, .rows > li");

function go(event) {
  went = -Infinity;
  const entry = [...document.querySelectorAll(".rail [data-key]")].find((item) => item.dataset.key === event.key);
  if (entry) {
    event.preventDefault();
    entry.click();
  }
}

function walk(step) {
  const rows = [...document.querySelectorAll("main :is(tbody tr, .rows > li)")].filter((item) => item.querySelector("a[href]"));
  if (!rows.length) return;
  const at = rows.indexOf(row());
  const next = rows[at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + step))];
  next.querySelector("a[href]").focus();
}
