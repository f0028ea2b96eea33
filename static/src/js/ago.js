// "3 m ago" stays true while the page is open, in the words of its language.
const words = document.documentElement.dataset;
const days = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "always" });

function write(seconds) {
  if (seconds < 5) return words.agoNow;
  if (seconds < 60) return words.agoS.replace("%{n}", Math.floor(seconds));
  if (seconds < 3600) return words.agoM.replace("%{n}", Math.floor(seconds / 60));
  if (seconds < 86400) return words.agoH.replace("%{n}", Math.floor(seconds / 3600));
  return days.format(-Math.floor(seconds / 86400), "day");
}

function tick() {
  if (document.hidden) return;
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const seconds = (Date.now() - Date.parse(time.dateTime)) / 1000;
    if (seconds < 0 || seconds > 60 * 86400) continue;
    const text = write(seconds);
    if (time.textContent !== text) time.textContent = text;
  }
}

setInterval(tick, 10000);
document.addEventListener("visibilitychange", tick);
