package api

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"levqor/jobs/account"
	"levqor/jobs/source"
	"levqor/locales"
)

// SourceTest is a connection test: long work with its steps so far.
type SourceTest struct {
	Task
	SourceID uuid.UUID    `json:"source_id" format:"uuid"`
	Steps    []SourceStep `json:"steps"`
}

// SourceStep is one step of a test, in the order in which they are tried.
type SourceStep struct {
	Name    string `json:"name" example:"login"`
	State   string `json:"state" enum:"failed,ok,skipped,untested"`
	TookMS  int64  `json:"took_ms"`
	Code    string `json:"code,omitempty" doc:"What was found."`
	Text    string `json:"text,omitempty" doc:"The same for people."`
	Mend    string `json:"mend,omitempty" doc:"What to do about a failed step."`
	MendSQL string `json:"mend_sql,omitempty" doc:"Run by the database's owner, it mends the step."`
}

func (r *resources) sourceTests() {
	add(r, op(http.MethodGet, "/source-tests/{id}", http.StatusOK, account.ScopeRead, "Watch a test"), r.showSourceTest)
}

func (r *resources) showSourceTest(ctx context.Context, actor account.Actor, in *ByID) (*shown[SourceTest], error) {
	t, err := r.site.Services.Sources.GetTest(ctx, actor, in.ID)
	return &shown[SourceTest]{Body: sourceTestOf(ctx, t)}, err
}

func sourceTestOf(ctx context.Context, t source.Test) SourceTest {
	out := SourceTest{Task: taskOf(ctx, t.Task), SourceID: t.SourceID, Steps: []SourceStep{}}
	for _, s := range t.Steps {
		step := SourceStep{Name: s.Name, State: s.State, TookMS: s.Took.Milliseconds(), Code: s.Key, MendSQL: s.MendSQL}
		switch {
		case s.Key == "":
		case s.State == source.StepFailed:
			step.Text, step.Mend = wordsOf(ctx, s.Key, s.Args)
		case locales.Has(ctx, s.Key):
			step.Text = locales.T(ctx, s.Key, locales.Pairs(s.Args)...)
		}
		out.Steps = append(out.Steps, step)
	}
	return out
}
