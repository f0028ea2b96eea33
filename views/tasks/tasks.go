// Package tasks shows long work of any kind: the same card while it runs, and
// after.
package tasks

import (
	"context"
	"io"

	"github.com/a-h/templ"

	"levqor/jobs/fail"
	"levqor/jobs/task"
	"levqor/locales"
	"levqor/views/parts"
)

// words is the group of a kind's phases in the catalogue.
func words(kind task.Kind) string {
	switch kind {
	case task.Backup:
		return "backup.phase."
	case task.Drill:
		return "drill.phase."
	case task.Restore:
		return "restore.phase."
	case task.SourceTest:
		return "source.phase."
	default:
		return "vault.phase."
	}
}

// Props of a task's card. Note is what to do next once it is over; mend is where
// a failure is mended. Look stays when the card asks for itself anew.
type Props struct {
	Task      task.Task
	Log       []task.LogLine
	Look      Look
	CanCancel bool
	Note      templ.Component
	Mend      parts.Action
}

// Card is the task, live until it is over.
func Card(p Props) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return parts.TaskCard(propsOf(ctx, p)).Render(ctx, w)
	})
}

// Of is the card's props, for pages that add to them.
func Of(ctx context.Context, p Props) parts.TaskProps { return propsOf(ctx, p) }

func propsOf(ctx context.Context, p Props) parts.TaskProps {
	t := p.Task
	percent, known := t.Percent()
	left, _ := t.Left()
	props := parts.TaskProps{
		ID: t.ID.String(), Status: statusOf(t), Title: Title(ctx, t), StartedAt: t.StartedAt,
		Label: locales.T(ctx, "task.of", "kind", locales.T(ctx, "task.kind."+string(t.Kind)), "name", t.SubjectName),
		Doing: phase(ctx, t), Current: t.Current, Percent: percent, Known: known, Left: left,
		BytesDone: t.BytesDone, BytesTotal: t.BytesTotal, Stored: t.BytesStored, Rate: t.Rate, ItemsDone: t.ItemsDone, ItemsTotal: t.ItemsTotal,
		Canceling: t.CancelRequestedAt != nil && !t.State.Final(), RetryAt: t.RetryAt, Mend: p.Mend, Note: p.Note,
		Phases: phases(ctx, t), Log: logLines(ctx, p.Log), LogOpen: p.Look.LogOpen,
	}
	if p.Look.Items != "" {
		props.ItemsLabel = locales.T(ctx, "task.items."+string(p.Look.Items))
	}
	if t.FailureKey != "" && t.FailureClass != fail.ClassCanceled {
		props.Failure = parts.FailureOf(ctx, t.FailureKey, t.FailureArgs)
	}
	if !t.State.Final() {
		props.Event = string(t.Topic())
		props.RefreshURL = "/tasks/" + t.ID.String() + p.Look.query()
		if p.CanCancel {
			props.CancelURL = templ.SafeURL("/tasks/" + t.ID.String() + "/cancellations")
		}
	}
	return props
}

func statusOf(t task.Task) parts.Status {
	if t.State == task.Queued && t.RetryAt != nil {
		return parts.StatusRetrying
	}
	return parts.StatusOf(t.State)
}

// Title is what the task is and who asked for it: "Backup by Naomi".
func Title(ctx context.Context, t task.Task) string {
	kind := locales.T(ctx, "task.kind."+string(t.Kind))
	if t.ActorName == "" || t.Cause == task.BySchedule || t.Cause == task.BySystem {
		return locales.T(ctx, "task.by_schedule", "kind", kind)
	}
	return locales.T(ctx, "task.by", "kind", kind, "name", t.ActorName)
}

// Why says what asked for the task, for a table.
func Why(ctx context.Context, t task.Task) string {
	if t.Cause == task.ByPerson || t.Cause == task.ByAPI {
		return t.ActorName
	}
	return locales.T(ctx, "task.cause."+string(t.Cause))
}

// URL is the page that shows the task with what it is of.
func URL(t task.Task) templ.SafeURL {
	id := t.ID.String()
	switch t.Kind {
	case task.Backup:
		return templ.SafeURL("/backups/" + id)
	case task.Drill:
		return templ.SafeURL("/drills/" + id)
	case task.Restore:
		return templ.SafeURL("/restores/" + id)
	case task.SourceTest:
		return templ.SafeURL("/source-tests/" + id)
	default:
		return templ.SafeURL("/vault-tasks/" + id)
	}
}
