package tasks

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"levqor/jobs/backup"
	"levqor/jobs/task"
	"levqor/locales"
	"levqor/views/parts"
)

// order is the phases that work of a kind goes through; none for short work.
func order(t task.Task) []string {
	switch t.Kind {
	case task.Backup:
		return []string{"connecting", "reading", "recording"}
	case task.Drill:
		return []string{"prepare", "restoring", "checking", "signing"}
	case task.Restore:
		if t.Phase == "keeping" {
			return []string{"prepare", "keeping", "writing", "comparing"}
		}
		return []string{"prepare", "writing", "comparing"}
	default:
		return nil
	}
}

// phase is what is done now, in words. A proof and a restore have it among their
// phases alone, which tell what is done, not what is being done.
func phase(ctx context.Context, t task.Task) string {
	if t.Phase == "" || t.Kind == task.Drill || t.Kind == task.Restore {
		return ""
	}
	return locales.T(ctx, words(t.Kind)+t.Phase)
}

// phases is the way of work that is not done yet, and where it stands or fell.
func phases(ctx context.Context, t task.Task) []parts.Phase {
	names := order(t)
	if len(names) == 0 || t.State == task.Succeeded || t.State == task.Canceled {
		return nil
	}
	at := slices.Index(names, t.Phase)
	out := make([]parts.Phase, len(names))
	for i, name := range names {
		out[i] = parts.Phase{Label: locales.T(ctx, words(t.Kind)+name), State: parts.StepTodo}
		switch {
		case i < at:
			out[i].State = parts.StepDone
		case i == at && t.State == task.Failed:
			out[i].State = parts.StepFailed
		case i == at && t.State == task.Running:
			out[i].State = parts.StepNow
		}
	}
	return out
}

func logLines(ctx context.Context, log []task.LogLine) []parts.LogLine {
	var out []parts.LogLine
	for _, line := range log {
		tone := parts.Neutral
		switch {
		case strings.HasSuffix(line.Key, ".log.again"):
			tone = parts.Warn
		case strings.Contains(line.Key, ".log.damage"):
			tone = parts.Bad
		}
		out = append(out, parts.LogLine{At: line.At, Tone: tone, Text: locales.T(ctx, line.Key, logPairs(ctx, line.Args)...)})
	}
	return out
}

// logPairs writes numbers, sizes and ids as people read them.
func logPairs(ctx context.Context, args map[string]any) []any {
	pairs := locales.Pairs(args)
	for i := 0; i+1 < len(pairs); i += 2 {
		switch value := pairs[i+1].(type) {
		case int64:
			pairs[i+1] = locales.Number(ctx, value)
			if pairs[i] == "bytes" {
				pairs[i+1] = locales.Bytes(ctx, value)
			}
		case string:
			if id, err := uuid.Parse(value); err == nil {
				pairs[i+1] = backup.ShortID(id)
			}
		}
	}
	return pairs
}
