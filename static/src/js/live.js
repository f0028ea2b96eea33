// The page's one event stream. Its named events become DOM events on #live, which
// parts listen to; after an interruption "refresh" makes each of them ask again.
// Title, icon and the voice of a running job follow what the parts show.
const stream = document.getElementById("live");
const icon = document.querySelector("link[rel=icon]");
const heard = document.getElementById("heard");
const title = document.title;
const idle = icon?.href;
const workspaceRuns = icon?.hasAttribute("data-running");
let connected = false;
let spokenAt = 0;

const topics = stream ? new URL(stream.getAttribute("hx-sse:connect"), location).searchParams.getAll("topic") : [];

// What ended between the page's making and its first connection is asked for once.
stream?.addEventListener("htmx:sse:after:connection", () => {
  const missed = connected ? ["refresh"] : topics.filter((topic) => /^(run|task)-/.test(topic));
  for (const name of missed) stream.dispatchEvent(new CustomEvent(name));
  connected = true;
});

// A part that came later and follows work which this stream does not tell of needs
// a page of its own making.
function follow() {
  for (const part of document.querySelectorAll("main [hx-trigger^=task-]")) {
    const [topic] = part.getAttribute("hx-trigger").split(" ");
    if (stream && !topics.includes(topic)) return location.reload();
  }
}

function show() {
  const running = document.querySelector("main [data-running]");
  const percent = running?.querySelector("[data-title]")?.textContent;
  const wanted = percent ? `${percent} · ${title}` : title;
  if (document.title !== wanted) document.title = wanted;
  const href = running || workspaceRuns ? icon.dataset.busy : idle;
  if (icon && icon.getAttribute("href") !== href) icon.href = href;
  speak(document.querySelector("main [data-heard]")?.textContent ?? "");
}

// Screen readers hear of progress at most every 5 seconds.
export function speak(text, at = Date.now()) {
  if (!heard || !text || heard.textContent === text || at - spokenAt < 5000) return;
  spokenAt = at;
  heard.textContent = text;
}

export function announce(text) {
  if (!heard) return;
  spokenAt = Date.now();
  heard.textContent = text;
}

show();
document.addEventListener("htmx:after:swap", show);
document.addEventListener("htmx:after:swap", follow);
