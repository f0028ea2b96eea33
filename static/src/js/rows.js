// Rows: a press adds one more from a template, or takes one away. Without
// JavaScript another button asks the server for a row.
document.addEventListener("click", (event) => {
  const remove = event.target.closest("[data-remove-row]");
  if (remove) {
    const row = remove.closest("[data-row]");
    const next = row.nextElementSibling ?? row.previousElementSibling;
    row.dispatchEvent(new Event("input", { bubbles: true }));
    row.remove();
    next?.querySelector("input, textarea")?.focus();
    return;
  }
  const add = event.target.closest("[data-add-row]");
  if (!add) return;
  const list = document.getElementById(add.dataset.into);
  const row = document.getElementById(add.dataset.addRow).content.cloneNode(true);
  const number = `n${list.children.length}-${Date.now()}`;
  for (const element of row.querySelectorAll("*")) {
    for (const attribute of element.attributes) attribute.value = attribute.value.replace("ROW", number);
  }
  list.append(row);
  list.lastElementChild.querySelector("input, textarea").focus();
});
