package sources

import (
	"context"
	"slices"

	"github.com/a-h/templ"

	"levqor/jobs/backup"
	"levqor/jobs/task"
	"levqor/locales"
	"levqor/views/parts"
	"levqor/views/tasks"
)

// row is a backup or a proof in the list of recent runs.
type row struct {
	Task  task.Task
	Badge templ.Component
}

const recentRuns = 8

func recent(p Show) []row {
	var rows []row
	for _, b := range p.Backups {
		rows = append(rows, row{b.Task, tasks.Badge(b.Task)})
	}
	for _, d := range p.Drills {
		badge := tasks.Badge(d.Task)
		if d.Passed != nil && *d.Passed {
			badge = parts.Badge(parts.StatusProven)
		} else if d.Passed != nil {
			badge = parts.Badge(parts.StatusFailed)
		}
		rows = append(rows, row{d.Task, badge})
	}
	slices.SortStableFunc(rows, func(a, b row) int { return b.Task.CreatedAt.Compare(a.Task.CreatedAt) })
	return rows[:min(len(rows), recentRuns)]
}

func settingsURL(p Show) templ.SafeURL {
	return templ.SafeURL("/sources/" + p.Source.ID.String() + "/settings")
}

func restoreURL(p Show) templ.SafeURL {
	return templ.SafeURL("/snapshots/" + p.Snapshots[0].ID.String() + "/restores/new")
}

func snapshotsURL(p Show) templ.SafeURL {
	return templ.SafeURL("/snapshots?source=" + p.Source.ID.String())
}

func backupsURL(p Show) templ.SafeURL {
	return templ.SafeURL("/backups?source=" + p.Source.ID.String())
}

func retentionURL(p backup.Plan) templ.SafeURL {
	return templ.SafeURL("/plans/" + p.ID.String() + "/retention")
}

func planURL(p backup.Plan) templ.SafeURL {
	return templ.SafeURL("/plans/" + p.ID.String() + "/settings")
}

func pauseURL(p backup.Plan) templ.SafeURL {
	if p.PausedAt != nil {
		return templ.SafeURL("/plans/" + p.ID.String() + "/resumptions")
	}
	return templ.SafeURL("/plans/" + p.ID.String() + "/pauses")
}

func planAction(ctx context.Context, p Show) parts.Action {
	if !p.CanManage {
		return parts.Action{}
	}
	return parts.Action{Label: locales.T(ctx, "sources.plan.make"), URL: templ.SafeURL("/sources/" + p.Source.ID.String() + "/plans/new"), Icon: "calendar-plus"}
}

func busyReason(ctx context.Context, p Show) string {
	if p.Active == nil {
		return ""
	}
	return locales.T(ctx, "sources.do.busy")
}
