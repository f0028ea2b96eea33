package sources

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"levqor/jobs/source"
	"levqor/jobs/task"
	"levqor/locales"
	"levqor/views/parts"
)

// counted are the messages whose plural form follows one of their arguments.
var counted = map[string]string{
	"postgres.step.privilege":        "tables",
	"postgres.step.privilege_partly": "tables",
	"source.found.count":             "files",
	"source.found.count_more":        "files",
	"source.found.list":              "files",
	"source.found.list_more":         "files",
}

// found is what a step saw, or why it failed.
func found(ctx context.Context, s source.Step) string {
	args := written(ctx, s.Args)
	switch by, plural := counted[s.Key]; {
	case s.Key == "":
		return locales.T(ctx, "sources.test.untried")
	case unreadable(s):
		return locales.N(ctx, "sources.test.unreadable", whole(s.Args["tables"]), "unreadable", locales.Number(ctx, whole(s.Args["count"])))
	case s.State == source.StepFailed:
		return parts.FailureOf(ctx, s.Key, args).Text
	case plural:
		return locales.N(ctx, s.Key, whole(s.Args[by]), locales.Pairs(args)...)
	default:
		return locales.T(ctx, s.Key, locales.Pairs(args)...)
	}
}

// mend is what to do about a failed step.
func mend(ctx context.Context, s source.Step) string {
	if s.State != source.StepFailed || s.Key == "" {
		return ""
	}
	if s.MendSQL != "" {
		return locales.T(ctx, "sources.test.run_sql")
	}
	return parts.FailureOf(ctx, s.Key, written(ctx, s.Args)).Mend
}

// unreadable reports whether the step counted tables that the role may not read.
func unreadable(s source.Step) bool {
	return s.State == source.StepFailed && s.Key == "postgres.fail.privilege" && s.Args["tables"] != nil
}

// named are tables that the role may not read: all of them, or the first hundred.
func named(s source.Step) (names []string) {
	list, _ := s.Args["names"].([]any)
	for _, name := range list {
		if text, ok := name.(string); ok {
			names = append(names, text)
		}
	}
	return names
}

// leaveOut leads to the source's settings with these tables excluded.
func leaveOut(t Trial, names []string) templ.SafeURL {
	all := names
	if t.Source.Config.Postgres != nil {
		all = slices.Concat(t.Source.Config.Postgres.Exclude, names)
	}
	return templ.URL("/sources/" + t.Source.ID.String() + "/settings?exclude=" + escape(strings.Join(all, "\n")))
}

// written turns what a step kept, as JSON gives it back, into words.
func written(ctx context.Context, args map[string]any) map[string]any {
	words := map[string]any{}
	for name, value := range args {
		switch value := value.(type) {
		case float64:
			words[name] = locales.Number(ctx, int64(value))
			if name == "bytes" {
				words[name] = locales.Bytes(ctx, int64(value))
			}
			if name == "port" {
				words[name] = locales.Plain(int64(value))
			}
		case string:
			words[name] = value
			if at, err := time.Parse(time.RFC3339, value); err == nil && name == "until" {
				words[name] = locales.Date(ctx, at)
			}
		default:
			words[name] = value
		}
	}
	return words
}

func whole(value any) int {
	n, _ := value.(float64)
	return int(n)
}

// probe is the css state of a step; the first that is untried runs now.
func probe(t source.Test, i int) string {
	s := t.Steps[i]
	switch {
	case s.State == source.StepFailed:
		return "failed"
	case s.State == source.StepUntested && t.State == task.Running && (i == 0 || t.Steps[i-1].State != source.StepUntested):
		return "now"
	case s.State == source.StepUntested:
		return "wait"
	default:
		return "ok"
	}
}

// verdict is the test in one badge.
func verdict(ctx context.Context, t source.Test) templ.Component {
	switch {
	case t.State == task.Succeeded:
		return parts.BadgeOf(parts.Good, "circle-check", locales.T(ctx, "sources.test.passed"))
	case t.State == task.Failed && stuck(ctx, t).Text == "":
		return parts.BadgeOf(parts.Bad, "circle-x", locales.T(ctx, "sources.test.failed"))
	default:
		return parts.Badge(parts.StatusOf(t.State))
	}
}

// heard is what a screen reader is told once the test is over.
func heard(ctx context.Context, t source.Test) string {
	passed := 0
	for _, s := range t.Steps {
		switch s.State {
		case source.StepOK, source.StepSkipped:
			passed++
		case source.StepFailed:
			return locales.T(ctx, "sources.test.heard_failed", "step", locales.T(ctx, "source.step."+s.Name), "text", found(ctx, s))
		}
	}
	return locales.N(ctx, "sources.test.heard", passed)
}

// trouble is why the test did not go well, in one sentence.
func trouble(ctx context.Context, t source.Test) string {
	for _, s := range t.Steps {
		if s.State == source.StepFailed {
			return found(ctx, s)
		}
	}
	if text := stuck(ctx, t).Text; text != "" {
		return text
	}
	return locales.T(ctx, "sources.unreached_text")
}

// stuck is a failure that belongs to no step: it is told by itself.
func stuck(ctx context.Context, t source.Test) parts.Failure {
	for _, s := range t.Steps {
		if s.State == source.StepFailed {
			return parts.Failure{}
		}
	}
	if t.State != task.Failed || t.FailureKey == "" {
		return parts.Failure{}
	}
	return parts.FailureOf(ctx, t.FailureKey, written(ctx, t.FailureArgs))
}
