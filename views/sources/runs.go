package sources

import (
	"context"
	neturl "net/url"
	"slices"

	"github.com/a-h/templ"

	"levqor/jobs/fail"
	"levqor/jobs/task"
	"levqor/locales"
	"levqor/views/parts"
	"levqor/views/tasks"
)

func escape(text string) string { return neturl.QueryEscape(text) }

// run is a backup or a proof in the list of recent runs.
type run struct {
	Task  task.Task
	Badge templ.Component
}

const recentRuns = 8

func recent(p Show) []run {
	var rows []run
	for _, b := range p.Backups {
		rows = append(rows, run{b.Task, tasks.Badge(b.Task)})
	}
	for _, d := range p.Drills {
		badge := tasks.Badge(d.Task)
		if d.Passed != nil && *d.Passed {
			badge = parts.Badge(parts.StatusProven)
		} else if d.Passed != nil {
			badge = parts.Badge(parts.StatusFailed)
		}
		rows = append(rows, run{d.Task, badge})
	}
	slices.SortStableFunc(rows, func(a, b run) int { return b.Task.CreatedAt.Compare(a.Task.CreatedAt) })
	return rows[:min(len(rows), recentRuns)]
}

// why says what asked for a run, and of what class its failure is.
func why(ctx context.Context, t task.Task) string {
	asked := tasks.Why(ctx, t)
	if t.FailureClass == "" || t.FailureClass == fail.ClassCanceled {
		return asked
	}
	return asked + ", " + locales.T(ctx, "task.class."+string(t.FailureClass))
}

// broken is the newest backup if it failed: its words and where it is mended.
func broken(ctx context.Context, p Show) (parts.Failure, parts.Action) {
	if len(p.Backups) == 0 || p.Backups[0].State != task.Failed || p.Backups[0].FailureKey == "" {
		return parts.Failure{}, parts.Action{}
	}
	b := p.Backups[0]
	action := parts.Action{Label: locales.T(ctx, "sources.broken.look"), URL: tasks.URL(b.Task)}
	if p.Can.Manage && slices.Contains([]fail.Class{fail.ClassConfig, fail.ClassCredentials, fail.ClassGone}, b.FailureClass) {
		action = parts.Action{Label: locales.T(ctx, "sources.test.change"), URL: url(p.Source.ID, "/settings"), Icon: "pencil"}
	}
	return parts.FailureOf(ctx, b.FailureKey, written(ctx, b.FailureArgs)), action
}
