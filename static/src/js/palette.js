// The command palette: the server searches, the keys walk its answer.
import { open } from "./dialogs.js";

const palette = document.getElementById("palette");
const input = palette?.querySelector("[role=combobox]");
const list = palette?.querySelector("[role=listbox]");

export function openPalette() {
  if (!palette) return;
  open(palette);
  input.value = "";
  input.focus();
  input.dispatchEvent(new CustomEvent("open"));
}

const options = () => [...list.querySelectorAll("[role=option]")];
const selected = () => list.querySelector("[aria-selected=true]");

function select(option) {
  selected()?.setAttribute("aria-selected", "false");
  option?.setAttribute("aria-selected", "true");
  option?.scrollIntoView({ block: "nearest" });
  if (option) input.setAttribute("aria-activedescendant", option.id);
  else input.removeAttribute("aria-activedescendant");
}

function walk(step) {
  const all = options();
  if (all.length) select(all[(all.indexOf(selected()) + step + all.length) % all.length]);
}

const moves = {
  ArrowDown: () => walk(1),
  ArrowUp: () => walk(-1),
  Home: () => select(options()[0]),
  End: () => select(options().at(-1)),
};

if (palette) {
  document.addEventListener("htmx:after:swap", () => palette.open && select(options()[0]));
  list.addEventListener("pointermove", (event) => {
    const option = event.target.closest("[role=option]");
    if (option && option !== selected()) select(option);
  });
  input.addEventListener("keydown", (event) => {
    if (moves[event.key] && !event.isComposing) {
      event.preventDefault();
      moves[event.key]();
    }
    const choice = selected();
    if (event.key === "Enter" && choice) {
      event.preventDefault();
      if ((event.ctrlKey || event.metaKey) && choice.href) window.open(choice.href, "_blank", "noopener");
      else choice.click();
    }
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-palette]") && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      openPalette();
    }
  });
}
