package mails

import (
	"context"
	"strings"
)

const longestPreview = 100

// fromWorkflow says what the workflow's author wrote, and who sent it.
func fromWorkflow(ctx context.Context, _, to string, f facts) letter {
	body := strings.ReplaceAll(f.text("body"), "\r\n", "\n")
	return letter{
		Subject:    f.text("subject"),
		Preview:    short(strings.Join(strings.Fields(body), " ")),
		Title:      f.text("subject"),
		Paragraphs: paragraphs(body),
		Footer:     say(ctx, "mail.workflow.footer", "to", to, "workflow", f.text("workflow"), "workspace", f.text("workspace")),
	}
}

// paragraphs are what empty lines part; each is its lines.
func paragraphs(text string) (found [][]string) {
	var lines []string
	for line := range strings.SplitSeq(text+"\n", "\n") {
		if line = strings.TrimRight(line, " \t"); line != "" {
			lines = append(lines, line)
		} else if len(lines) > 0 {
			found, lines = append(found, lines), nil
		}
	}
	if len(lines) > 0 {
		found = append(found, lines)
	}
	return found
}

func short(text string) string {
	runes := []rune(text)
	return string(runes[:min(len(runes), longestPreview)])
}
