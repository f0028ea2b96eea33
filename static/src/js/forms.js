// Forms: what is wrong shows on leaving a field, a name to type opens its button,
// changes that are not saved hold the page, a form is sent once.
const dirty = new Set();

document.addEventListener("focusout", ({ target }) => {
  if (!target.matches?.(".field :is(.input, .textarea, .select)") || !target.value || target.checkValidity()) return;
  const field = target.closest(".field");
  if (field.querySelector(".field-error")) return;
  const problem = document.createElement("p");
  problem.className = "field-error";
  problem.id = `${target.id}-error`;
  problem.dataset.own = "";
  problem.textContent = target.validationMessage;
  target.closest(".code6, .input, .textarea, .select").after(problem);
  mark(target, true);
});

document.addEventListener("input", ({ target }) => {
  const own = target.closest?.(".field")?.querySelector(".field-error[data-own]");
  if (own && target.checkValidity()) {
    own.remove();
    mark(target, false);
  }
  const form = target.form;
  if (form?.hasAttribute("data-guard")) dirty.add(form);
  if (form?.dataset.confirm !== undefined && target.name === "confirm") check(form);
});

function mark(input, wrong) {
  input.classList.toggle("input-error", wrong);
  const others = (input.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => id && id !== `${input.id}-error`);
  if (wrong) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
  const ids = wrong ? [`${input.id}-error`, ...others] : others;
  if (ids.length) input.setAttribute("aria-describedby", ids.join(" "));
  else input.removeAttribute("aria-describedby");
}

function check(form) {
  const button = form.querySelector("button[type=submit]");
  const right = form.elements.confirm.value.trim() === form.dataset.confirm;
  button.setAttribute("aria-disabled", String(!right));
  if (right) button.removeAttribute("title");
  else button.title = button.dataset.why ?? "";
}

function wake() {
  document.querySelectorAll("form[data-confirm]").forEach(check);
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[aria-disabled=true]")) event.preventDefault();
  dirty.delete(event.target.closest("[data-discard]")?.closest("form"));
});

document.addEventListener("submit", (event) => {
  if (event.submitter?.getAttribute("aria-disabled") === "true") return event.preventDefault();
  const form = event.target;
  dirty.delete(form);
  if (form.method !== "post" || form.hasAttribute("data-again") || event.defaultPrevented) return; // a download stays on its page
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "yes";
  setTimeout(() => delete form.dataset.sent, 4000);
});

addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));
addEventListener("beforeunload", (event) => {
  for (const form of dirty) if (form.isConnected) event.preventDefault();
});

wake();
document.addEventListener("htmx:after:swap", wake);
