package runs

import (
	"context"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"levqor/jobs/account"
	"levqor/jobs/fail"
	"levqor/jobs/task"
	"levqor/jobs/workflow"
	"levqor/jobs/workflow/class"
	"levqor/jobs/workflow/engine"
	"levqor/jobs/workflow/flow"
	"levqor/jobs/workflow/step"
	"levqor/locales"
	"levqor/views/layout"
	"levqor/views/parts"
	"levqor/views/tasks"
)

// Run is the page of one run. Asked is the step in the address; Problems are those
// of a refused decision on the step Refused.
type Run struct {
	Frame    layout.Frame
	Run      workflow.RunDetail
	Workflow *workflow.Workflow // nil: it was deleted
	Actor    account.Actor
	Kinds    *step.Registry
	Tasks    map[uuid.UUID]task.Task // that it waits for
	Names    map[string]string       // of what questions name, by id
	Asked    string
	URL      string
	Problems parts.Problems
	Refused  string
	Reason   string
	Now      time.Time

	lines []line
}

// all are the lines, made once.
func (p *Run) all() []line {
	if p.lines == nil {
		p.lines = lines(&p.Run)
	}
	return p.lines
}

// Opened is the finished step that the page opens; nil when it opens another.
func (p *Run) Opened() *workflow.StepRun {
	chosen := choose(p.all(), p.Asked, p.Run.FailedStep)
	for _, l := range p.all() {
		if l.Key == chosen {
			return l.Done
		}
	}
	return nil
}

func (p *Run) operate() bool { return p.Actor.Can(account.Operate) }

func (p *Run) topic() string { return string(engine.Topic(p.Run.ID)) }

func (p *Run) crumbs(ctx context.Context) []parts.Crumb {
	return []parts.Crumb{{Label: locales.T(ctx, "app.nav.runs"), URL: "/runs"}, {Label: locales.Plain(p.Run.Number)}}
}

// badge warns while a person is asked.
func (p *Run) badge(ctx context.Context) templ.Component {
	if len(p.questions()) > 0 && p.Run.State == engine.Waiting {
		return parts.BadgeOf(parts.Warn, "hourglass", stateWord(ctx, p.Run.State))
	}
	return Badge(ctx, p.Run.State)
}

// questions that are open.
func (p *Run) questions() (found []workflow.Question) {
	for _, w := range p.Run.Waits {
		if w.Kind == step.WaitApproval || w.Kind == step.WaitUnknown {
			found = append(found, workflow.Question{RunID: p.Run.ID, Key: w.Key, RunNumber: p.Run.Number, WorkflowID: p.Run.WorkflowID, WorkflowName: p.Run.WorkflowName,
				VersionID: p.Run.VersionID, AuthorID: p.Run.AuthorID, Definition: p.Run.Definition, StepID: w.StepID, Kind: w.Kind, Class: w.Class,
				Input: w.Input, Hash: w.Hash, BeganAt: w.BeganAt, ExpiresAt: w.WakeAt})
		}
	}
	return found
}

// began is where the time line begins.
func (p *Run) began() time.Time {
	if p.Run.StartedAt != nil {
		return *p.Run.StartedAt
	}
	return p.Run.CreatedAt
}

// sum says how far it is.
func (p *Run) sum(ctx context.Context) string {
	done, skipped, canceled := 0, 0, 0
	for _, l := range p.all() {
		switch {
		case l.canceled():
			canceled++
		case l.Done != nil && l.Done.State != "failed":
			done++
		case l.Done == nil && p.Run.State.Final():
			skipped++
		}
	}
	text := locales.T(ctx, "runs.sum", "done", locales.Number(ctx, done), "total", locales.Number(ctx, len(p.all())))
	if canceled > 0 {
		text += locales.T(ctx, "runs.sum_canceled", "n", locales.Number(ctx, canceled))
	}
	if skipped > 0 {
		text += locales.T(ctx, "runs.sum_skipped", "n", locales.Number(ctx, skipped))
	}
	return text
}

// StepURL opens a step below the waterfall of its run.
func StepURL(run uuid.UUID, key string) templ.SafeURL {
	return URL(run) + "?step=" + templ.SafeURL(url.QueryEscape(key))
}

// stepURL goes there at once.
func (p *Run) stepURL(key string) templ.SafeURL { return StepURL(p.Run.ID, key) + "#step" }

func (p *Run) icon(kind string) string {
	if spec := p.spec(kind); spec != nil && spec.Icon != "" {
		return spec.Icon
	}
	return "circle"
}

// spec is nil for a kind that this house does not know any more.
func (p *Run) spec(kind string) *step.Spec {
	if kind == step.UndoPointKind {
		return p.Kinds.Undo()
	}
	spec, _ := p.Kinds.Find(kind)
	return spec
}

// class of a line: as it ran, as it waits, else as its kind is.
func (p *Run) class(l line) class.Class {
	switch {
	case l.Done != nil:
		return l.Done.Class
	case l.Wait != nil:
		return l.Wait.Class
	}
	if spec := p.spec(l.Step.Kind); spec != nil && spec.Class != "" {
		return spec.Class
	}
	return class.A
}

// StepName is what people call a step.
func StepName(ctx context.Context, s flow.Step) string {
	if s.Name != "" {
		return s.Name
	}
	if key := "step." + s.Kind + ".name"; locales.Has(ctx, key) {
		return locales.T(ctx, key)
	}
	return strings.ReplaceAll(s.ID, "_", " ")
}

// state of a line as badge and as the tone of its bar.
func (p *Run) state(ctx context.Context, l line) (tone parts.Tone, icon, word string) {
	switch {
	case l.Wait != nil && l.Wait.Kind == step.WaitIntent:
		return parts.Now, "loader-circle", locales.T(ctx, "parts.status.running")
	case l.Wait != nil && l.Wait.Kind == step.WaitRetry:
		return parts.Warn, "refresh-cw", locales.T(ctx, "parts.status.retrying")
	case l.Wait != nil:
		return parts.Warn, "hourglass", locales.T(ctx, "parts.status.waiting")
	case l.Done == nil && p.Run.State.Final():
		return parts.Neutral, "minus", locales.T(ctx, "runs.step.skipped")
	case l.Done == nil:
		return parts.Neutral, "circle-dashed", locales.T(ctx, "parts.status.never")
	case l.canceled():
		return parts.Neutral, "circle-x", locales.T(ctx, "parts.status.canceled")
	case l.Done.State == "failed":
		return parts.Bad, "circle-x", locales.T(ctx, "parts.status.failed")
	case l.Done.State == "caught":
		return parts.Warn, "triangle-alert", locales.T(ctx, "runs.step.caught")
	}
	return parts.Good, "circle-check", branchWord(ctx, l)
}

// branchWord is the way that a choice took, else "Done".
func branchWord(ctx context.Context, l line) string {
	output, _ := l.Done.Output.(map[string]any)
	branch, _ := output["branch"].(string)
	switch {
	case branch == "" || len(l.Step.Branches) == 0:
		return locales.T(ctx, "parts.status.done")
	case branch == "yes":
		return locales.T(ctx, "runs.step.yes")
	case branch == "no":
		return locales.T(ctx, "runs.step.no")
	default:
		return branch
	}
}

// indent is written out so that the classes are found.
func indent(depth int) string {
	return []string{"", "ps-5", "ps-10", "ps-15", "ps-20"}[min(depth, 4)]
}

// mend is where the run's failure is mended: in the workflow, unless it passes.
func (p *Run) mend(ctx context.Context) parts.Action {
	if p.Workflow == nil || p.Run.FailureClass == fail.ClassTransient || !p.Actor.Can(account.Manage) {
		return parts.Action{}
	}
	return parts.Action{Label: locales.T(ctx, "runs.open_workflow"), URL: templ.SafeURL("/workflows/" + p.Run.WorkflowID.String()), Icon: "workflow"}
}

// forTask says which work of the house the run waits for.
func forTask(p *Run, id *uuid.UUID) templ.Component {
	if id == nil {
		return parts.Say("runs.wait.task")
	}
	t, ok := p.Tasks[*id]
	if !ok {
		return parts.Say("runs.wait.task")
	}
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		words := locales.T(ctx, "task.of", "kind", locales.T(ctx, "task.kind."+string(t.Kind)), "name", t.SubjectName)
		return parts.Say("runs.wait.for", "task", parts.Link(tasks.URL(t), words)).Render(ctx, w)
	})
}
