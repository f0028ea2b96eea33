package step

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"levqor/jobs/fail"
	"levqor/jobs/workflow/class"
)

// longest a step waits: a year.
const longestDelay = 366 * 24 * time.Hour

// Delay sleeps for a while, or until a moment. A sleeping run costs a row.
func Delay() *Spec {
	return &Spec{
		Kind: "delay", Group: "logic", Icon: "timer", Mode: Inside, Class: class.A,
		Fields: []Field{
			{Name: "seconds", Type: Duration, Min: 0, Max: longestDelay.Seconds()},
			{Name: "until", Type: Text},
		},
		Output: []Output{{"until", "time"}},
		Check: func(config map[string]any) []Problem {
			if blank(config["seconds"]) == blank(config["until"]) {
				return []Problem{{Field: "seconds", Key: "step.delay.fail.one"}}
			}
			return nil
		},
		Begin: func(_ context.Context, _ pgx.Tx, call Call) (any, *Wait, error) {
			until, err := delayUntil(call)
			if err != nil {
				return nil, nil, err
			}
			if !until.After(call.Now) {
				return map[string]any{"until": until.UTC().Format(time.RFC3339Nano)}, nil, nil
			}
			return nil, &Wait{Kind: WaitDelay, Until: until}, nil
		},
		Resume: func(_ context.Context, call Call, _ map[string]any) (any, error) {
			return map[string]any{"until": call.Now.UTC().Format(time.RFC3339Nano)}, nil
		},
	}
}

func delayUntil(call Call) (time.Time, error) {
	if text, ok := call.Config["until"].(string); ok && text != "" {
		until, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			return time.Time{}, fail.New(fail.Invalid, "step.delay.fail.until", "value", text)
		}
		if until.Sub(call.Now) > longestDelay {
			return time.Time{}, fail.New(fail.Invalid, "step.delay.fail.too_long")
		}
		return until, nil
	}
	seconds, _ := call.Config["seconds"].(float64)
	return call.Now.Add(time.Duration(seconds * float64(time.Second))), nil
}

func blank(value any) bool { return value == nil || value == "" }
