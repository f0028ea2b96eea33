// Sliders: a range and the number beside it are one value; a changed one shows
// what it was.
document.addEventListener("input", ({ target }) => {
  const slider = target.closest?.("[data-slider]");
  if (!slider) return;
  const range = slider.querySelector("[type=range]");
  const number = slider.querySelector("[type=number]");
  (target === range ? number : range).value = target.value;
  slider.querySelector("s").hidden = number.value === number.dataset.was;
});
