package engine

import "levqor/jobs/fail"

// What one step may leave, and all steps of a run together: a run that goes on is
// held in memory whole, beside others.
const (
	MaxOutput  = 8 << 20
	MaxOutputs = 32 << 20
)

// weight is about how many bytes a value takes as JSON.
func weight(value any) int {
	switch v := value.(type) {
	case string:
		return len(v) + 2
	case []any:
		n := 2
		for _, inner := range v {
			n += weight(inner) + 1
		}
		return n
	case map[string]any:
		n := 2
		for name, inner := range v {
			n += len(name) + weight(inner) + 4
		}
		return n
	default:
		return 8
	}
}

func tooHeavy(key string) *Failure {
	return &Failure{Step: key, Class: fail.ClassQuota, Key: "workflow.fail.output_large", Args: map[string]any{"max": MaxOutput >> 20}}
}
