package workflow

import (
	"encoding/json"

	"levqor/jobs/fail"
	"levqor/jobs/workflow/flow"
)

// MaxInput of a run, in bytes of JSON.
const MaxInput = 1 << 20

// checkInput refuses what can't be kept or is too large for it, or too deep to be read.
func checkInput(input any) error {
	if depth(input) > 100 {
		return fail.New(fail.Invalid, "workflow.fail.input_deep")
	}
	text, err := json.Marshal(input)
	if err != nil || flow.HasZero(text) {
		return fail.Wrap(err, fail.Invalid, "fail.malformed")
	}
	if len(text) > MaxInput {
		return fail.New(fail.TooLarge, "workflow.fail.input_large", "max", MaxInput>>10)
	}
	return nil
}

func depth(value any) int {
	deepest := 0
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			deepest = max(deepest, depth(item))
		}
	case map[string]any:
		for _, item := range v {
			deepest = max(deepest, depth(item))
		}
	default:
		return 0
	}
	return deepest + 1
}
