package layout

// htmxConfig keeps to the strict content policy: no style of its own making, no
// history cache of pages that another person on this device could open. What a
// person opened (details, dialogs) stays open when a part is refreshed. No time to
// settle: what a swap brings works at once, or a key pressed within that time would
// follow its links and send its forms as a page without JavaScript does.
const htmxConfig = `{"includeIndicatorCSS":false,"history":false,"defaultTimeout":30000,"defaultSettleDelay":0,"extensions":"sse","morphIgnore":["data-htmx-powered","open"]}`
