// Everything that pages gain from JavaScript. Each page reads and each form works
// without it; each module finds its own elements by data attributes.
import "htmx.org/dist/htmx.esm.js";
import "htmx.org/dist/ext/hx-sse.js";
import "./requests.js";
import "./live.js";
import "./dialogs.js";
import "./palette.js";
import "./keys.js";
import "./toasts.js";
import "./copy.js";
import "./ago.js";
import "./forms.js";
import "./appearance.js";
import "./offline.js";
import "./print.js";
import "./tabs.js";
import "./zone.js";
import "./rows.js";
import "./sliders.js";
import "./select.js";
