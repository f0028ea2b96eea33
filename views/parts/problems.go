package parts

import (
	"context"
	"errors"

	"levqor/jobs/fail"
	"levqor/locales"
)

// Problem is one wrong input in the reader's words. Field is "" for what
// concerns the whole form.
type Problem struct {
	Field string
	Text  string
	SQL   string // mends it
}

// Problems are all wrong inputs of one form.
type Problems []Problem

// ProblemsOf translates an error. An error that is not ours becomes the sentence
// for internal failures; nil becomes none.
func ProblemsOf(ctx context.Context, err error) Problems {
	if err == nil {
		return nil
	}
	var failure *fail.Error
	if !errors.As(err, &failure) {
		return Problems{{Text: locales.T(ctx, "fail.internal.text")}}
	}
	if len(failure.Fields) == 0 {
		found := FailureOf(ctx, failure.Key, failure.Args)
		text := found.Text
		if found.Mend != "" {
			text += " " + found.Mend
		}
		sql, _ := failure.Args["sql"].(string)
		return Problems{{Text: text, SQL: sql}}
	}
	problems := make(Problems, 0, len(failure.Fields))
	for _, field := range failure.Fields {
		problems = append(problems, Problem{Field: field.Name, Text: locales.T(ctx, field.Key, locales.Pairs(field.Args)...)})
	}
	return problems
}

// For is the text for that field, "" when it is fine.
func (p Problems) For(name string) string {
	for _, problem := range p {
		if problem.Field == name {
			return problem.Text
		}
	}
	return ""
}

// Failure is an error key in the reader's words: one sentence and what to do.
type Failure struct {
	Text string
	Mend string
}

// FailureOf translates an error key with its `text` and optional `mend`. A failure
// that was caused by another names it in the arguments why_key and why_args.
func FailureOf(ctx context.Context, key string, args map[string]any) Failure {
	var found Failure
	found.Text, found.Mend = locales.Failure(ctx, key, args)
	if why, ok := args["why_key"].(string); ok && locales.Has(ctx, why+".text") {
		inner, _ := args["why_args"].(map[string]any)
		text, _ := locales.Failure(ctx, why, inner)
		found.Text += " " + text
	}
	return found
}
