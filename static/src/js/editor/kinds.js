// The list of kinds narrows while somebody types. Enter takes the best of them,
// the arrows go into the list.
const items = (list) => [...list.querySelectorAll("[data-words]:not([hidden])")];
const listOf = (input) => document.getElementById(input.dataset.filter);

document.addEventListener("input", ({ target }) => {
  if (target.dataset?.filter) narrow(target);
});

function narrow(input) {
  const list = listOf(input);
  const query = input.value.trim().toLowerCase();
  const words = query.split(/\s+/).filter(Boolean);
  for (const item of list.querySelectorAll("[data-words]")) item.hidden = !words.every((word) => item.dataset.words.includes(word));
  for (const group of list.querySelectorAll("[data-group]")) group.hidden = !group.querySelector("[data-words]:not([hidden])");
  const found = items(list);
  list.querySelector("[data-none]").hidden = found.length > 0;
  const chosen = query ? best(found, query) : null;
  for (const item of list.querySelectorAll("[data-words]")) item.toggleAttribute("data-best", item === chosen);
}

// best is the kind that is called like that, before one that only speaks of it.
function best(found, query) {
  const name = (item) => item.querySelector("b").textContent.toLowerCase();
  return found.find((item) => name(item) === query || item.value === query)
    ?? found.find((item) => name(item).startsWith(query) || item.value.startsWith(query))
    ?? found.find((item) => name(item).includes(query))
    ?? found[0];
}

document.addEventListener("submit", (event) => {
  const input = event.target.querySelector("[data-filter]");
  if (!input) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const list = listOf(input);
  (list.querySelector("[data-best]") ?? items(list)[0])?.click();
}, true);

document.addEventListener("keydown", (event) => {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const input = document.querySelector("#drawer [data-filter]");
  if (!input || !event.target.closest?.("#drawer")) return;
  const all = [input, ...items(listOf(input))];
  const at = all.indexOf(event.target);
  if (at < 0) return;
  event.preventDefault();
  all[Math.max(0, Math.min(all.length - 1, at + (event.key === "ArrowDown" ? 1 : -1)))].focus();
});
