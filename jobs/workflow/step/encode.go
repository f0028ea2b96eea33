package step

import (
	"encoding/json"

	"levqor/jobs/fail"
)

// encode is a value as JSON, of a size that may be kept.
func encode(value any) (string, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return "", fail.Wrap(err, fail.Invalid, "workflow.fail.unreadable")
	}
	if len(text) > largestValue {
		return "", fail.New(fail.Invalid, "step.store.fail.large", "max", largestValue>>10)
	}
	return string(text), nil
}
