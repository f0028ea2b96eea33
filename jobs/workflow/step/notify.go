package step

import (
	"context"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/alert"
	"levqor/jobs/workflow/class"
)

const (
	longestTitle  = 200
	longestNotice = 2_000
)

// Notify puts a line behind the bell of everybody in the workspace.
func Notify(alerts *alert.Alerts) *Spec {
	return &Spec{
		Kind: "notify", Group: "people", Icon: "bell", Mode: Inside, Class: class.B,
		Fields: []Field{
			{Name: "title", Type: Text, Required: true},
			{Name: "message", Type: LongText},
			{Name: "level", Type: Choice, Choices: []string{"info", "success", "warning", "error"}, Default: "info", Plain: true},
		},
		Output: []Output{{"title", "text"}},
		Begin: func(ctx context.Context, tx pgx.Tx, call Call) (any, *Wait, error) {
			title, message := strings.TrimSpace(call.text("title")), strings.TrimSpace(call.text("message"))
			switch {
			case len(title) > longestTitle:
				return nil, nil, wrongSetting("title", "step.notify.fail.long", map[string]any{"max": longestTitle})
			case len(message) > longestNotice:
				return nil, nil, wrongSetting("message", "step.notify.fail.long", map[string]any{"max": longestNotice})
			}
			err := alerts.NotifyIn(ctx, tx, call.Workspace, alert.Note{
				Title: title, Text: message, Severity: alert.Severity(call.text("level")), Path: RunPath(call.Run)})
			return map[string]any{"title": title}, nil, err
		},
	}
}

// RunPath is the page of a run.
func RunPath(run uuid.UUID) string { return "/runs/" + run.String() }
