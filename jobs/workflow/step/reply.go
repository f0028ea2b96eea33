package step

import (
	"context"

	"levqor/jobs/workflow/class"
)

// Reply answers the caller of a synchronous webhook.
type Reply struct {
	Status int    `json:"status"`
	Body   any    `json:"body"`
	Type   string `json:"type"`
}

// Respond declares the step that makes one.
func Respond() *Spec {
	return &Spec{
		Kind: "respond", Group: "outside", Icon: "reply", Mode: Pure, Class: class.A,
		Fields: []Field{
			{Name: "status", Type: Number, Default: float64(200), Min: 200, Max: 599},
			{Name: "body", Type: Value},
			{Name: "type", Type: Choice, Choices: []string{"json", "text"}, Default: "json", Plain: true},
		},
		Output: []Output{{"status", "number"}},
		Do: func(_ context.Context, call Call) (any, error) {
			status, _ := call.Config["status"].(float64)
			kind, _ := call.Config["type"].(string)
			return Reply{Status: int(status), Body: call.Config["body"], Type: kind}, nil
		},
	}
}
