// The form token goes along with every request of htmx. A part that asks for itself
// and is refused stays as it is: its page is older, not gone. A page whose session
// ended asks for a new one.
export const token = () => document.querySelector("meta[name=csrf]")?.content ?? "";

document.addEventListener("htmx:config:request", (event) => {
  const value = token();
  if (value) event.detail.ctx.request.headers["X-CSRF-Token"] = value;
});

document.addEventListener("htmx:before:swap", (event) => {
  const { request, response } = event.detail.ctx;
  if (request?.method !== "GET" || !(response?.status >= 400)) return;
  event.preventDefault();
  if (response.status === 401) location.reload();
});
