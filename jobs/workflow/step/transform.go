package step

import (
	"context"

	"levqor/jobs/workflow/class"
)

// Transform makes named values for later steps.
func Transform() *Spec {
	return &Spec{
		Kind: "transform", Group: "data", Icon: "braces", Mode: Pure, Class: class.A,
		Fields: []Field{{Name: "values", Type: Map, Required: true}},
		Output: []Output{{"…", "any"}},
		Do: func(_ context.Context, call Call) (any, error) {
			return call.Config["values"], nil
		},
	}
}
