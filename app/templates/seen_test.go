package templates_test

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/workflow"
	"levqor/jobs/workflow/engine"
)

// run is how the newest run stands.
func (s *scene) run() workflow.RunDetail {
	s.t.Helper()
	found, err := s.Services.Workflows.Runs(s.t.Context(), s.Actor, workflow.RunFilter{WorkflowID: s.workflow, Limit: 1})
	must(s.t, err)
	if len(found) == 0 {
		s.t.Fatal("nothing started it")
	}
	d, err := s.Services.Workflows.Run(s.t.Context(), s.Actor, found[0].ID)
	must(s.t, err)
	return d
}

// ends fails the test unless the newest run is in that state and went through
// exactly these steps.
func (s *scene) ends(state engine.State, steps ...string) {
	s.t.Helper()
	run := s.run()
	var through []string
	for _, one := range run.Steps {
		through = append(through, one.Key)
	}
	slices.Sort(through)
	slices.Sort(steps)
	if run.State != state || !slices.Equal(through, steps) {
		s.t.Fatalf("it is %s after %v, want %s after %v: %s %v", run.State, through, state, steps, run.FailureKey, run.FailureArgs)
	}
}

// runs is how often it was started.
func (s *scene) runs() int64 {
	s.t.Helper()
	return s.Count(`SELECT count(*) FROM runs WHERE workflow_id = $1`, s.workflow)
}

// asked is what the newest run asks a person.
func (s *scene) asked() workflow.Question {
	s.t.Helper()
	all, err := s.Services.Workflows.Questions(s.t.Context(), s.Actor)
	must(s.t, err)
	run := s.run()
	for _, q := range all {
		if q.RunID == run.ID {
			return q
		}
	}
	s.t.Fatalf("nobody is asked: it is %s, %s %v", run.State, run.FailureKey, run.FailureArgs)
	return workflow.Question{}
}

func (s *scene) decide(d workflow.Decision) {
	s.t.Helper()
	q := s.asked()
	d.Hash = q.Hash
	must(s.t, s.Services.Workflows.Decide(s.t.Context(), s.Actor, q.RunID, q.Key, d))
	s.settle()
}

// says fails the test unless the newest run asks with these words.
func (s *scene) says(words ...string) {
	s.t.Helper()
	input, _ := s.asked().Input.(map[string]any)
	for _, one := range words {
		if message := fmt.Sprint(input["message"]); !strings.Contains(message, one) {
			s.t.Fatalf("it asks %q, not %q", message, one)
		}
	}
}

func (s *scene) yes()    { s.t.Helper(); s.decide(workflow.Decision{Yes: true}) }
func (s *scene) always() { s.t.Helper(); s.decide(workflow.Decision{Yes: true, Always: true}) }
func (s *scene) no()     { s.t.Helper(); s.decide(workflow.Decision{Reason: "not now"}) }

// mails fails the test unless these are all that it wrote, the oldest first: each
// "to: subject".
func (s *scene) mails(want ...string) {
	s.t.Helper()
	var got []string
	for _, one := range s.letters() {
		got = append(got, one[0])
	}
	if !slices.Equal(got, want) {
		s.t.Fatalf("it wrote %q, want %q", got, want)
	}
}

// letters are its mails, the oldest first: "to: subject" and body.
func (s *scene) letters() (found [][2]string) {
	s.t.Helper()
	w, err := s.Services.Workflows.Get(s.t.Context(), s.Actor, s.workflow)
	must(s.t, err)
	kept, err := s.Services.Mails.Outbox(s.t.Context(), 200)
	must(s.t, err)
	for _, one := range slices.Backward(kept) {
		if one.Args["workflow"] == w.Name {
			found = append(found, [2]string{fmt.Sprintf("%s: %s", one.To, one.Args["subject"]), fmt.Sprint(one.Args["body"])})
		}
	}
	return found
}

// held are the reasons of the source's holds that count.
func (s *scene) held() []string {
	s.t.Helper()
	return rowsOf[string](s, `SELECT h.reason FROM holds h JOIN snapshots n ON n.id = h.snapshot_id WHERE n.source_id = $1 AND h.released_at IS NULL ORDER BY h.id`, s.source)
}

// copies are the source's snapshots, the oldest first.
func (s *scene) copies() []uuid.UUID {
	s.t.Helper()
	return rowsOf[uuid.UUID](s, `SELECT id FROM snapshots WHERE source_id = $1 ORDER BY taken_at`, s.source)
}

func (s *scene) name() string {
	return rowsOf[string](s, `SELECT name FROM sources WHERE id = $1`, s.source)[0]
}

func rowsOf[T any](s *scene, sql string, args ...any) (found []T) {
	s.t.Helper()
	must(s.t, s.Services.DB.AsSystem(s.t.Context(), func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, sql, args...)
		if err != nil {
			return err
		}
		found, err = pgx.CollectRows(rows, pgx.RowTo[T])
		return err
	}))
	return found
}
