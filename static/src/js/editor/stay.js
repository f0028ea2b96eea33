// What the person scrolled to and opened stays over an answer, as long as the drawer
// shows the same thing. On phones, where it stands below the steps, a new one comes
// into sight.
import { whenNew } from "./tree.js";

const canvas = () => document.getElementById("canvas");
const drawer = () => document.getElementById("drawer");
const folds = () => [...(drawer()?.querySelectorAll("details") ?? [])];
const narrow = matchMedia("(width < 64rem)");
let kept = null;

document.addEventListener("htmx:before:swap", (event) => {
  const { ctx, tasks } = event.detail;
  if (ctx.sourceElement?.matches?.("[data-follow]") && busy()) tasks.splice(0, tasks.length, ...tasks.filter(({ target }) => target !== drawer() && target !== "#drawer"));
  if (event.defaultPrevented || ctx.target?.id !== "editor") return;
  kept = { key: drawer()?.dataset.key, open: folds().map((one) => one.open), left: canvas()?.scrollLeft, top: drawer()?.scrollTop, page: scrollY };
});

// busy: somebody is in the drawer, which is not drawn anew for what others did.
function busy() {
  const at = drawer();
  return at?.contains(document.activeElement) || at?.dataset.key.startsWith("add") || at?.querySelector("[role=alert]");
}

whenNew(() => {
  if (!kept || !drawer()) return;
  canvas().scrollLeft = kept.left;
  scrollTo({ top: kept.page, behavior: "instant" });
  const { key } = drawer().dataset;
  if (key === kept.key) {
    for (const [i, one] of folds().entries()) one.open ||= kept.open[i] ?? false;
    drawer().scrollTop = kept.top;
    drawer().querySelector("[role=alert]")?.scrollIntoView({ block: "nearest" });
  } else if (key && narrow.matches) drawer().scrollIntoView();
  kept = null;
});
