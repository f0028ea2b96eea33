// A new person's days begin where their browser is.
for (const input of document.querySelectorAll("input[data-zone]")) input.value = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
