package backups

import (
	"context"
	"strings"
	"time"

	"github.com/a-h/templ"

	"levqor/jobs/backup"
	"levqor/jobs/fail"
	"levqor/jobs/source"
	"levqor/jobs/task"
	"levqor/locales"
	"levqor/views/layout"
	"levqor/views/parts"
	"levqor/views/tasks"
)

// Run is the page of one run. Plan is nil when it was deleted, Left while nothing
// is left, Last when no earlier run of the plan went well.
type Run struct {
	Frame   layout.Frame
	Backup  backup.Backup
	Log     []task.LogLine
	Plan    *backup.Plan
	Left    *backup.Changes
	Last    *task.Task
	Operate bool
	Manage  bool
	Now     time.Time
}

func (p Run) card(ctx context.Context) tasks.Props {
	look := tasks.Look{LogOpen: true, Items: tasks.Files}
	if p.Backup.SourceKind == source.Postgres {
		look.Items = tasks.Tables
	}
	return tasks.Props{Task: p.Backup.Task, Log: p.Log, Look: look, CanCancel: p.Operate, Mend: p.mend(ctx), Note: note(p.Backup)}
}

func (p Run) crumbs(ctx context.Context) []parts.Crumb {
	of := templ.SafeURL("/sources/" + p.Backup.SourceID.String())
	if p.Plan == nil { // the source may be gone as well
		of = templ.SafeURL("/backups?source=" + p.Backup.SourceID.String())
	}
	return []parts.Crumb{
		{Label: locales.T(ctx, "app.nav.backups"), URL: "/backups"},
		{Label: p.Backup.SubjectName, URL: of, Typed: true},
		{Label: backup.ShortID(p.Backup.ID)},
	}
}

// mend is where the failure is mended: at the vault, or at the source's access.
func (p Run) mend(ctx context.Context) parts.Action {
	b := p.Backup
	vault := strings.HasPrefix(b.FailureKey, "vault.")
	switch {
	case b.State != task.Failed || p.Plan == nil:
		return parts.Action{}
	case vault && b.FailureClass != fail.ClassTransient, b.FailureClass == fail.ClassQuota:
		return parts.Action{Label: locales.T(ctx, "backups.mend.vault"), URL: templ.SafeURL("/vaults/" + b.VaultID.String()), Icon: "wrench"}
	case b.FailureClass == fail.ClassConfig, b.FailureClass == fail.ClassCredentials, b.FailureClass == fail.ClassGone:
		if p.Manage {
			return parts.Action{Label: locales.T(ctx, "backups.mend.settings"), URL: templ.SafeURL("/sources/" + b.SourceID.String() + "/settings"), Icon: "wrench"}
		}
		return parts.Action{Label: locales.T(ctx, "backups.mend.source"), URL: templ.SafeURL("/sources/" + b.SourceID.String()), Icon: "wrench"}
	}
	return parts.Action{}
}

func (p Run) again(ctx context.Context) (label, class string) {
	if p.Backup.State == task.Succeeded {
		return locales.T(ctx, "backups.again"), "btn"
	}
	return locales.T(ctx, "backups.again"), "btn btn-primary"
}

// facts are the four numbers of a run that went well.
func (p Run) facts(ctx context.Context) []parts.Fact {
	b, s := p.Backup, p.Left.Snapshot
	holds := parts.Fact{Label: locales.T(ctx, "backups.fact.files"), Value: locales.Number(ctx, s.Files)}
	if s.Rows != nil {
		holds = parts.Fact{Label: locales.T(ctx, "backups.fact.rows"), Value: locales.Number(ctx, *s.Rows)}
	}
	size := parts.Fact{Label: locales.T(ctx, "backups.fact.size"), Value: locales.Bytes(ctx, s.Bytes)}
	if b.BytesDone > 0 {
		size.Tip, size.Icon = locales.T(ctx, "backups.fact.read", "size", locales.Bytes(ctx, b.BytesDone)), "arrow-down-to-line"
	}
	if before := p.Left.Before; before != nil {
		size.Unit = p.grown(ctx, s.Bytes-before.Bytes, func(n int64) string { return locales.Bytes(ctx, n) })
		if s.Rows != nil && before.Rows != nil {
			holds.Unit = p.grown(ctx, *s.Rows-*before.Rows, func(n int64) string { return locales.Number(ctx, n) })
		} else if s.Rows == nil {
			holds.Unit = p.grown(ctx, s.Files-before.Files, func(n int64) string { return locales.Number(ctx, n) })
		}
	}
	stored := parts.Fact{Label: locales.T(ctx, "parts.task.stored"), Value: locales.Bytes(ctx, s.StoredBytes)}
	if saved := percent(s.Bytes-s.StoredBytes, s.Bytes); saved >= worthTelling {
		stored.Tone, stored.Icon = parts.Good, "layers"
		stored.Tip = locales.T(ctx, "backups.fact.shared", "percent", locales.Percent(ctx, saved))
	}
	took := parts.Fact{Label: locales.T(ctx, "backups.fact.took"), Value: locales.Duration(ctx, b.Took(p.Now))}
	if took.Tip = p.rate(ctx); took.Tip != "" {
		took.Icon = "gauge"
	}
	if p.Last != nil {
		took.Aside = locales.T(ctx, "backups.fact.last_took", "span", locales.Duration(ctx, p.Last.Took(p.Now)))
	}
	return []parts.Fact{size, holds, stored, took}
}

const worthTelling = 5

func percent(part, whole int64) int64 {
	if whole <= 0 {
		return 0
	}
	return 100 * part / whole
}

// rate is the average, "" where it means nothing.
func (p Run) rate(ctx context.Context) string {
	took := p.Backup.Took(p.Now).Seconds()
	if p.Backup.BytesDone == 0 || took < 1 {
		return ""
	}
	return locales.T(ctx, "backups.fact.rate", "rate", locales.Rate(ctx, int64(float64(p.Backup.BytesDone)/took)))
}

func (p Run) grown(ctx context.Context, by int64, write func(int64) string) string {
	switch {
	case by > 0:
		return locales.T(ctx, "backups.fact.more", "n", write(by))
	case by < 0:
		return locales.T(ctx, "backups.fact.less", "n", write(-by))
	default:
		return locales.T(ctx, "backups.fact.as_before")
	}
}
