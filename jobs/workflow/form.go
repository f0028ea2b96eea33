package workflow

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/fail"
	"levqor/jobs/workflow/engine"
)

// Form is a public page whose answers start a workflow.
type Form struct {
	Hook
	Owner  string // the workspace's name
	Title  string
	Intro  string
	Thanks string
	Fields []FormField
}

// Bounds of one answer, and of how many come in ten minutes.
const (
	LongestAnswer     = 500
	LongestLongAnswer = 10_000

	formsPerSender = 20
	formsPerForm   = 600
)

// Form finds the form with that address. NotFound for any other, Conflict
// (workflow.fail.form_paused) while its workflow is paused.
func (w *Workflows) Form(ctx context.Context, token string) (f Form, err error) {
	f.Hook, err = w.Hook(ctx, token)
	if err != nil {
		return Form{}, err
	}
	if f.Kind != ByForm {
		return Form{}, fail.New(fail.NotFound, "fail.not_found")
	}
	if f.Paused {
		return Form{}, fail.New(fail.Conflict, "workflow.fail.form_paused")
	}
	text := func(name string) string {
		said, _ := f.config[name].(string)
		return strings.TrimSpace(said)
	}
	f.Title, f.Intro, f.Thanks, f.Fields = text("title"), text("intro"), text("thanks"), formFields(f.config)
	if f.Title == "" {
		f.Title = f.Name
	}
	err = w.db.InWorkspace(ctx, f.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT name FROM workspaces WHERE id = $1`, f.Workspace).Scan(&f.Owner)
	})
	return f, err
}

// Submit starts a run with the answers, by field. once is what the page was given:
// the same answers of the same page start one run. Invalid at each wrong field
// (named "answer.<name>"), TooMany for a sender, or a form, that is busier than
// people are.
func (w *Workflows) Submit(ctx context.Context, f Form, sender, once string, answers map[string]string) (engine.Started, error) {
	if err := w.countForm(ctx, f.Workflow, sender); err != nil {
		return engine.Started{}, err
	}
	input, err := f.read(answers)
	if err != nil {
		return engine.Started{}, err
	}
	return w.Enter(ctx, f.Hook, input, onceOf(once, input))
}

func (w *Workflows) countForm(ctx context.Context, id uuid.UUID, sender string) error {
	return w.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		now, key := w.clock.Now(), "form/"+id.String()
		if err := account.Hit(ctx, tx, now, key+"/"+sender, formsPerSender); err != nil {
			return err
		}
		return account.Hit(ctx, tx, now, key, formsPerForm)
	})
}

// onceOf tells two presses of a button from two answers by way of the back button.
func onceOf(once string, input map[string]any) string {
	if once == "" {
		return ""
	}
	text, err := json.Marshal(input)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(append([]byte(once+"\x00"), text...))
	return hex.EncodeToString(sum[:])
}

// read judges the answers, and makes of them what steps read as trigger.
func (f Form) read(answers map[string]string) (map[string]any, error) {
	var form fail.Form
	input := make(map[string]any, len(f.Fields))
	for _, q := range f.Fields {
		text := strings.TrimSpace(strings.ReplaceAll(answers[q.Name], "\r\n", "\n"))
		value, key, args := q.read(text)
		form.Check(key == "", "answer."+q.Name, key, args...)
		input[q.Name] = value
	}
	return input, form.Err()
}
