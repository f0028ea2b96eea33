package step

import (
	"context"

	"levqor/jobs/workflow/class"
)

// Log writes a line into the run's history.
func Log() *Spec {
	return &Spec{
		Kind: "log", Group: "data", Icon: "file-text", Mode: Pure, Class: class.A,
		Fields: []Field{
			{Name: "message", Type: LongText, Required: true},
			{Name: "level", Type: Choice, Choices: []string{"info", "warning", "error"}, Default: "info", Plain: true},
		},
		Output: []Output{{"message", "text"}},
		Do: func(_ context.Context, call Call) (any, error) {
			return map[string]any{"message": call.Config["message"], "level": call.Config["level"]}, nil
		},
	}
}
