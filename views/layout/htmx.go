package layout

// htmxConfig keeps to the strict content policy: no style of its own making, no
// history cache of pages that another person on this device could open. What a
// person opened (details, dialogs) stays open when a part is refreshed.
const htmxConfig = `{"includeIndicatorCSS":false,"history":false,"defaultTimeout":30000,"extensions":"sse","morphIgnore":["data-htmx-powered","open"]}`
