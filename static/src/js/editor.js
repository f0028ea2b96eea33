// The editor of workflows. What it shows comes from the server with every edit;
// each part of what the browser adds to it is a file of its own.
import "./editor/names.js";
import "./editor/drawer.js";
import "./editor/focus.js";
import "./editor/keys.js";
import "./editor/kinds.js";
import "./editor/drag.js";
import "./editor/stay.js";
import { wake } from "./editor/tree.js";

wake();
document.addEventListener("htmx:after:swap", wake);

// An answer without an editor is a page of its own: an error, or a sign-in.
document.addEventListener("htmx:before:swap", (event) => {
  const { text, response, target } = event.detail.ctx;
  if (target?.id !== "editor" || text?.includes('id="editor"')) return;
  event.preventDefault();
  location.assign(response?.raw?.url && response.status < 400 ? response.raw.url : location.href);
});
