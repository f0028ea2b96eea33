// The form token goes along with every request of htmx.
export const token = () => document.querySelector("meta[name=csrf]")?.content ?? "";

document.addEventListener("htmx:config:request", (event) => {
  event.detail.ctx.request.headers["X-CSRF-Token"] = token();
});
