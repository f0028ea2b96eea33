// Lists with boxes to tick: a bar tells how many are chosen and ticks all or none.
// A list to choose from that stands alone sends its form when it changes.
const boxes = (list) => [...list.querySelectorAll("tbody input[type=checkbox]")];

function tell(list) {
  const bar = list.querySelector("[data-select-bar]");
  if (!bar) return;
  const chosen = boxes(list).filter((box) => box.checked).length;
  const count = bar.querySelector("[data-select-count]");
  count.textContent = chosen ? count.dataset.selectCount.replace("%{n}", chosen.toLocaleString(document.documentElement.lang)) : count.dataset.selectNone;
  bar.toggleAttribute("data-empty", chosen === 0);
}

function set(list, checked) {
  for (const box of boxes(list)) box.checked = checked;
  tell(list);
}

document.addEventListener("click", (event) => {
  const list = event.target.closest("[data-select]");
  if (list && event.target.closest("[data-select-all]")) set(list, true);
  if (list && event.target.closest("[data-select-clear]")) {
    event.preventDefault();
    set(list, false);
  }
});

document.addEventListener("change", ({ target }) => {
  if (target.matches("[data-submit]")) target.form.requestSubmit();
  const list = target.matches("input[type=checkbox]") && target.closest("[data-select]");
  if (list) tell(list);
});

const all = () => document.querySelectorAll("[data-select]").forEach(tell);
all();
addEventListener("pageshow", all);
document.addEventListener("htmx:after:swap", all);
