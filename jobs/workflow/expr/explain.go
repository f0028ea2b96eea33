package expr

import (
	"context"
	"errors"
	"regexp"
	"strings"

	"cel.dev/cel-go/cel"

	"levqor/jobs/fail"
)

var (
	undeclared  = regexp.MustCompile(`undeclared reference to '([^']+)'`)
	noSuchKey   = regexp.MustCompile(`no such (?:key|attribute(?:\(s\))?): ([^\s:]+)`)
	noOverload  = regexp.MustCompile(`no (?:such|matching) overload|expected type`)
	callMissing = regexp.MustCompile(`undeclared reference to '([^']+)' \(in container '[^']*'\)`)
)

// explain turns a compiler's first complaint into words that a person can use.
func explain(source string, issues *cel.Issues) error {
	errs := issues.Errors()
	if len(errs) == 0 {
		return fail.Wrap(issues.Err(), fail.Invalid, "expr.fail.invalid", "column", 1)
	}
	first := errs[0]
	column := max(1, first.Location.Column()+1)
	if name := undeclared.FindStringSubmatch(first.Message); name != nil {
		key := "expr.fail.unknown_name"
		if callMissing.MatchString(first.Message) && strings.Contains(source, name[1]+"(") {
			key = "expr.fail.unknown_function"
		}
		return fail.Wrap(issues.Err(), fail.Invalid, key, "name", name[1], "column", column)
	}
	switch {
	case strings.Contains(first.Message, "recursion limit"):
		return fail.Wrap(issues.Err(), fail.Invalid, "expr.fail.too_deep")
	case strings.HasPrefix(first.Message, "Syntax error"):
		return fail.Wrap(issues.Err(), fail.Invalid, "expr.fail.syntax", "column", column)
	case noOverload.MatchString(first.Message):
		return fail.Wrap(issues.Err(), fail.Invalid, "expr.fail.mixed", "column", column)
	default:
		return fail.Wrap(issues.Err(), fail.Invalid, "expr.fail.invalid", "column", column)
	}
}

// explainRun does the same for a failure while it ran.
func explainRun(ctx context.Context, source string, err error) error {
	text := err.Error()
	key := "expr.fail.run"
	switch name := noSuchKey.FindStringSubmatch(text); {
	case name != nil:
		return fail.Wrap(err, fail.Invalid, "expr.fail.missing", "name", name[1], "expression", source)
	case errors.Is(err, errTooLarge), strings.Contains(text, errTooLarge.Error()):
		key = "expr.fail.too_large"
	case strings.Contains(text, "cost limit exceeded"), ctx.Err() != nil:
		key = "expr.fail.too_costly"
	case strings.Contains(text, "division by zero"), strings.Contains(text, "modulus by zero"):
		key = "expr.fail.zero"
	case noOverload.MatchString(text):
		key = "expr.fail.types"
	case strings.Contains(text, "index out of bounds"):
		key = "expr.fail.index"
	}
	return fail.Wrap(err, fail.Invalid, key, "expression", source)
}
