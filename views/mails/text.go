package mails

import (
	"context"
	"strings"

	"levqor/locales"
)

// plain is the letter for those who read no HTML.
func plain(ctx context.Context, l letter) string {
	var paragraphs []string
	add := func(text string) {
		if text != "" {
			paragraphs = append(paragraphs, text)
		}
	}
	add(l.Title)
	add(l.Lead.String())
	for _, lines := range l.Paragraphs {
		add(strings.Join(lines, "\n"))
	}
	var rows []string
	for _, r := range l.Rows {
		rows = append(rows, r.Label+": "+r.Value)
	}
	add(strings.Join(rows, "\n"))
	if l.Mend != "" {
		add(locales.T(ctx, "mail.mend") + "\n" + l.Mend)
	}
	if l.Button.URL != "" {
		add(l.Button.Label + ":\n" + l.Button.URL)
	}
	add(l.Hint)
	if l.Code != "" {
		add("    " + l.Code)
	}
	add(strings.TrimSpace(l.Close + " " + l.Link))
	add("-- \n" + l.Footer.String())
	return strings.Join(paragraphs, "\n\n") + "\n"
}
