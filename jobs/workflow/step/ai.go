package step

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/assist"
	"levqor/jobs/fail"
	"levqor/jobs/workflow/class"
	"levqor/jobs/workflow/expr"
)

// Kinds of the fields of an answer.
const (
	aiList   = "list"
	aiNumber = "number"
	aiText   = "text"
	aiYesNo  = "yes_no"
)

const mostChoices = 50

// AI asks the server's AI service. What it says is data: it is judged against what
// was asked for, and never read as an expression. With a fallback the run goes on
// whatever happens over there.
func AI(a *assist.Assist) *Spec {
	s := &asking{a}
	return &Spec{
		Kind: "ai", Group: "outside", Icon: "sparkles", Mode: Inside, Class: class.B, Timeout: assist.Patience,
		Fields: []Field{
			{Name: "instructions", Type: LongText, Required: true},
			{Name: "input", Type: LongText},
			{Name: "choices", Type: List, Plain: true},
			{Name: "fields", Type: Table, Plain: true, Columns: []Field{
				{Name: "name", Type: Text, Required: true, Plain: true},
				{Name: "kind", Type: Choice, Choices: []string{aiText, aiNumber, aiYesNo, aiList}, Default: aiText, Plain: true},
				{Name: "about", Type: Text, Plain: true},
			}},
			{Name: "fallback", Type: Value},
		},
		Output: []Output{{"text", "text"}, {"choice", "text"}, {"fields", "map"}, {"fallback", "bool"}, {"cut", "bool"}, {"tokens", "number"}},
		Check:  s.check,
		Begin:  s.begin,
		Resume: s.resume,
	}
}

type asking struct{ assist *assist.Assist }

func (s *asking) check(config map[string]any) (problems []Problem) {
	w := wantOf(config)
	problems = checkNames("fields", w.fields)
	switch {
	case len(w.choices) > 0 && len(w.fields) > 0:
		problems = append(problems, Problem{Field: "fields", Key: "step.ai.fail.one"})
	case len(w.choices) == 1 || len(w.choices) > mostChoices:
		problems = append(problems, Problem{Field: "choices", Key: "step.ai.fail.choices", Args: map[string]any{"max": mostChoices}})
	}
	fallback := config["fallback"]
	switch {
	case blank(fallback) && !s.assist.On():
		problems = append(problems, Problem{Field: "fallback", Key: "step.ai.fail.off"})
	case !blank(fallback) && !computed(fallback) && len(problems) == 0:
		if _, err := w.fallback(fallback); err != nil {
			problems = append(problems, Problem{Field: "fallback", Key: "step.ai.fail.fallback"})
		}
	}
	return problems
}

func (s *asking) begin(ctx context.Context, tx pgx.Tx, call Call) (any, *Wait, error) {
	w := wantOf(call.Config)
	id, err := s.assist.StartIn(ctx, tx, account.System(call.Workspace), call.Key, w.question(call.text("instructions"), call.text("input")))
	if err != nil {
		output, err := otherwise(call, w, err)
		return output, nil, err
	}
	return nil, untilTask(id), nil
}

func (s *asking) resume(ctx context.Context, call Call, answer map[string]any) (any, error) {
	w, actor := wantOf(call.Config), account.System(call.Workspace)
	done, err := s.assist.Get(ctx, actor, refOf(answer))
	if err != nil {
		return otherwise(call, w, inWords(err, "step.fail.task_gone", nil))
	}
	if !done.State.Final() {
		if err := s.assist.Leave(ctx, actor, done.ID); err != nil {
			return nil, err
		}
	}
	if err := ended(done.Task); err != nil {
		return otherwise(call, w, err)
	}
	output, err := w.judge(done.Text)
	if err != nil {
		return otherwise(call, w, err)
	}
	output["cut"], output["tokens"] = done.Cut, float64(done.Tokens)
	return output, nil
}

// otherwise is the fallback, where there is one. Our own faults have none: the step
// is taken up again.
func otherwise(call Call, w want, why error) (any, error) {
	known, ok := errors.AsType[*fail.Error](why)
	if !ok || known.Kind == fail.Unavailable || known.Kind == fail.Internal || blank(call.Config["fallback"]) {
		return nil, why
	}
	output, err := w.fallback(call.Config["fallback"])
	if err != nil {
		return nil, wrongSetting("fallback", "step.ai.fail.fallback", nil)
	}
	return output, nil
}

// want is the shape of the answer: one of some, an object with fields, or any text.
type want struct {
	choices []string
	fields  []map[string]any
}

func wantOf(config map[string]any) (w want) {
	list, _ := config["choices"].([]any)
	for _, item := range list {
		if text, err := expr.Words(item); err == nil && text != "" && !slices.Contains(w.choices, text) {
			w.choices = append(w.choices, text)
		}
	}
	w.fields = rowsOf(config, "fields")
	return w
}
