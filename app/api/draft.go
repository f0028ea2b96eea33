package api

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"time"

	"levqor/jobs/account"
	"levqor/jobs/fail"
	"levqor/jobs/workflow"
	"levqor/jobs/workflow/flow"
	"levqor/locales"
)

// Draft is what is edited, and what keeps it from being published.
type Draft struct {
	Revision   int            `json:"revision"`
	SavedAt    time.Time      `json:"saved_at"`
	Definition any            `json:"definition"`
	Problems   []ProblemField `json:"problems"`
}

// DraftOp is one edit. Which fields count follows from op.
type DraftOp struct {
	Op       flow.OpKind `json:"op" enum:"delete,duplicate,insert,move,replace,settings,trigger,update,wrap"`
	ID       string      `json:"id,omitempty" maxLength:"40" doc:"Of delete, duplicate, move, update, wrap: the step."`
	To       *DraftLane  `json:"to,omitempty" doc:"Of insert and move; left out: the flow itself."`
	Index    int         `json:"index,omitempty" minimum:"0" maximum:"200" doc:"Of insert and move: before the step that stands there now."`
	Step     any         `json:"step,omitempty" doc:"Of insert, update, wrap."`
	Trigger  any         `json:"trigger,omitempty" doc:"Of trigger."`
	Settings any         `json:"settings,omitempty" doc:"Of settings."`
	Whole    any         `json:"definition,omitempty" doc:"Of replace: trigger, steps, settings."`
}

// DraftLane is a list of steps inside a step.
type DraftLane struct {
	Step   string `json:"step,omitempty" maxLength:"40" doc:"The step that has branches."`
	Branch int    `json:"branch,omitempty" minimum:"0" maximum:"200"`
	Rescue bool   `json:"rescue,omitempty" doc:"The error branch instead."`
}

func (r *resources) drafts() {
	add(r, op(http.MethodGet, "/workflows/{id}/draft", http.StatusOK, account.ScopeRead, "Show the draft and its problems"), r.showDraft)
	add(r, op(http.MethodPut, "/workflows/{id}/draft", http.StatusOK, account.ScopeManage, "Replace the draft"), r.replaceDraft)
	add(r, op(http.MethodPost, "/workflows/{id}/draft/ops", http.StatusOK, account.ScopeManage, "Make one edit"), r.editOnce)
	add(r, op(http.MethodPost, "/workflows/{id}/draft/redos", http.StatusOK, account.ScopeManage, "Do an edit again that was taken back"), r.redoDraft)
	add(r, op(http.MethodPost, "/workflows/{id}/draft/undos", http.StatusOK, account.ScopeManage, "Take the last edit back"), r.undoDraft)
}

// definitionOf reads what the document leaves open: its own reader says what is
// wrong. A text is YAML.
func definitionOf(body any) (flow.Definition, error) {
	switch body := body.(type) {
	case nil:
		return flow.Definition{}, nil
	case string:
		return flow.ParseYAML([]byte(body))
	}
	text, err := json.Marshal(body)
	if err != nil {
		return flow.Definition{}, unreadable(err)
	}
	return flow.Parse(text)
}

// opOf reads an edit as strictly as a definition.
func opOf(body DraftOp) (out flow.Op, err error) {
	text, err := json.Marshal(body)
	if err != nil {
		return out, unreadable(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&out); err != nil {
		return out, unreadable(err)
	}
	return out, nil
}

func unreadable(err error) error { return fail.Wrap(err, fail.Invalid, "workflow.fail.unreadable") }

func (r *resources) showDraft(ctx context.Context, actor account.Actor, in *ByID) (*shown[Draft], error) {
	w, err := r.site.Services.Workflows.Get(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	return r.draft(ctx, w), nil
}

func (r *resources) draft(ctx context.Context, w workflow.Workflow) *shown[Draft] {
	d := Draft{Revision: w.DraftRevision, SavedAt: w.DraftAt.UTC(), Definition: w.Draft, Problems: []ProblemField{}}
	for _, f := range workflow.Fields(r.site.Services.Workflows.Problems(w.Draft)) {
		d.Problems = append(d.Problems, ProblemField{Field: f.Name, Code: f.Key, Message: locales.T(ctx, f.Key, locales.Pairs(f.Args)...)})
	}
	return &shown[Draft]{ETag: etag(w.DraftRevision), Body: d}
}

func (r *resources) replaceDraft(ctx context.Context, actor account.Actor, in *struct {
	Changing
	Body struct {
		Definition any `json:"definition" doc:"Trigger, steps, settings; or all of it as a text of YAML."`
	}
}) (*shown[Draft], error) {
	d, err := definitionOf(in.Body.Definition)
	if err != nil {
		return nil, err
	}
	return r.applyOp(ctx, actor, in.Changing, flow.Op{Kind: flow.Replace, Definition: &d})
}

func (r *resources) editOnce(ctx context.Context, actor account.Actor, in *struct {
	Changing
	Body DraftOp
}) (*shown[Draft], error) {
	edit, err := opOf(in.Body)
	if err != nil {
		return nil, err
	}
	return r.applyOp(ctx, actor, in.Changing, edit)
}

func (r *resources) applyOp(ctx context.Context, actor account.Actor, in Changing, edit flow.Op) (*shown[Draft], error) {
	return r.editDraft(ctx, actor, in, func(revision int) error {
		_, err := r.site.Services.Workflows.Edit(ctx, actor, in.ID, revision, edit)
		return err
	})
}

func (r *resources) undoDraft(ctx context.Context, actor account.Actor, in *Changing) (*shown[Draft], error) {
	return r.editDraft(ctx, actor, *in, func(revision int) error {
		_, err := r.site.Services.Workflows.Undo(ctx, actor, in.ID, revision)
		return err
	})
}

func (r *resources) redoDraft(ctx context.Context, actor account.Actor, in *Changing) (*shown[Draft], error) {
	return r.editDraft(ctx, actor, *in, func(revision int) error {
		_, err := r.site.Services.Workflows.Redo(ctx, actor, in.ID, revision)
		return err
	})
}

// editDraft edits the revision that If-Match names, else the newest.
func (r *resources) editDraft(ctx context.Context, actor account.Actor, in Changing, edit func(revision int) error) (*shown[Draft], error) {
	revision, err := r.draftRevision(ctx, actor, in)
	if err != nil {
		return nil, err
	}
	if err := edit(revision); err != nil {
		return nil, in.conflict(err)
	}
	return r.showDraft(ctx, actor, &ByID{in.ID})
}

func (r *resources) draftRevision(ctx context.Context, actor account.Actor, in Changing) (int, error) {
	revision, err := in.revision()
	if err != nil || revision > 0 {
		return revision, err
	}
	w, err := r.site.Services.Workflows.Get(ctx, actor, in.ID)
	return w.DraftRevision, err
}
