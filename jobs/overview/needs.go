package overview

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/alert"
	"levqor/jobs/task"
	"levqor/jobs/timecheck"
)

// What a home page lists at most.
const (
	mostAlerts    = 50
	mostFailing   = 10 // workflows
	mostKits      = 5
	mostQuestions = 20
)

const failingFor = 24 * time.Hour

// needsOf lists what is wrong first, then what is missing.
func needsOf(r reading) []Need {
	var needs []Need
	if r.clock {
		needs = append(needs, Need{Kind: NeedClock, Path: "/clock"})
	}
	for i := range r.alerts {
		a := &r.alerts[i]
		needs = append(needs, Need{Kind: string(a.Kind), Name: a.Name(), Path: a.Path(), Alert: a})
	}
	needs = append(needs, r.flows...)
	for _, plans := range bySource(r.plans) {
		p := plans[0]
		switch {
		case p.PlanID == nil:
			needs = append(needs, Need{Kind: NeedPlan, Name: p.Name, Path: "/sources/" + p.SourceID.String()})
		case p.TestedAt == nil && p.CopyAt == nil:
			needs = append(needs, Need{Kind: NeedTest, Name: p.Name, Path: "/sources/" + p.SourceID.String()})
		}
	}
	for _, k := range r.facts.Kits {
		if r.facts.HasSnapshot {
			needs = append(needs, Need{Kind: NeedKit, Name: k.Name, Path: "/vaults/" + k.ID.String()})
		}
	}
	return needs
}

// readFlows is what workflows need: answers, and a look at what failed.
func readFlows(ctx context.Context, tx pgx.Tx, now time.Time) (needs []Need, err error) {
	rows, err := tx.Query(ctx, `
		(SELECT $3, w.name, q.run_id, 0 FROM run_waits q JOIN runs r ON r.id = q.run_id JOIN workflows w ON w.id = r.workflow_id
			WHERE q.workspace_id = current_workspace() AND q.state = 'open' AND q.kind IN ('approval', 'unknown') ORDER BY q.began_at LIMIT $1)
		UNION ALL
		(SELECT $4, w.name, f.newest, f.count FROM (
				SELECT workflow_id, (array_agg(id ORDER BY finished_at DESC))[1] AS newest, count(*)::int AS count FROM runs
				WHERE workspace_id = current_workspace() AND state = 'failed' AND cause <> 'test' AND finished_at > $5 GROUP BY workflow_id) f
			JOIN workflows w ON w.id = f.workflow_id ORDER BY lower(w.name) LIMIT $2)`,
		mostQuestions, mostFailing, NeedAnswer, NeedRun, now.Add(-failingFor))
	if err != nil {
		return nil, fmt.Errorf("read what workflows need: %w", err)
	}
	var n Need
	var run uuid.UUID
	_, err = pgx.ForEachRow(rows, []any{&n.Kind, &n.Name, &run, &n.Count}, func() error {
		n.Path = "/runs/" + run.String()
		needs = append(needs, n)
		return nil
	})
	return needs, err
}

// Waiting is how many needs Home lists. Every page asks: it is one query.
func (o *Overview) Waiting(ctx context.Context, actor account.Actor) (n int, err error) {
	if err := actor.Require(account.View); err != nil {
		return 0, err
	}
	err = o.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `
			SELECT (SELECT count(*) FROM (SELECT FROM alerts WHERE workspace_id = current_workspace() AND resolved_at IS NULL LIMIT $1) a)
				+ `+timecheck.Doubted+`
				+ (SELECT count(*) FROM sources s LEFT JOIN LATERAL (SELECT p.id FROM plans p
						WHERE p.source_id = s.id AND p.deleted_at IS NULL ORDER BY p.created_at LIMIT 1) first ON true
					WHERE s.workspace_id = current_workspace() AND s.deleted_at IS NULL AND (first.id IS NULL OR s.tested_at IS NULL
						AND NOT EXISTS (SELECT FROM snapshots n WHERE n.plan_id = first.id AND n.state = 'good')))
				+ (SELECT count(*) FROM (SELECT FROM vaults WHERE workspace_id = current_workspace() AND deleted_at IS NULL
						AND state = 'ready' AND kit_downloaded_at IS NULL LIMIT $2) v
					WHERE EXISTS (SELECT FROM snapshots WHERE workspace_id = current_workspace() AND state <> 'deleted'))
				+ (SELECT count(*) FROM (SELECT FROM run_waits WHERE workspace_id = current_workspace() AND state = 'open'
						AND kind IN ('approval', 'unknown') LIMIT $3) q)
				+ (SELECT count(*) FROM (SELECT FROM runs WHERE workspace_id = current_workspace() AND state = 'failed' AND cause <> 'test'
						AND finished_at > $5 GROUP BY workflow_id LIMIT $4) f)`,
			mostAlerts, mostKits, mostQuestions, mostFailing, o.clock.Now().Add(-failingFor)).Scan(&n)
	})
	return n, err
}

// nextOf is the next five backups and drills that the schedules will start.
func nextOf(r reading) []Run {
	const shown = 5
	troubled := map[uuid.UUID]bool{}
	for _, a := range r.alerts {
		troubled[a.PlanID] = troubled[a.PlanID] || a.Kind == alert.BackupFailed
	}
	var runs []Run
	for _, p := range r.plans {
		if p.PlanID == nil || p.PausedAt != nil {
			continue
		}
		add := func(kind task.Kind, at *time.Time) {
			if at != nil {
				runs = append(runs, Run{At: *at, Kind: kind, SourceID: p.SourceID, Name: p.Name, PlanID: *p.PlanID, Troubled: troubled[*p.PlanID]})
			}
		}
		add(task.Backup, p.NextAt)
		add(task.Drill, p.NextDrillAt)
	}
	slices.SortStableFunc(runs, func(a, b Run) int { return a.At.Compare(b.At) })
	return runs[:min(shown, len(runs))]
}

// setupOf follows from facts alone: nothing is ticked by hand.
func setupOf(r reading) []Step {
	return []Step{
		{Name: "source", Done: r.facts.Total > 0, Path: "/sources/new"},
		{Name: "backup", Done: r.facts.HasSnapshot, Path: "/sources"},
		{Name: "proof", Done: r.facts.HasProof, Path: "/sources"},
		{Name: "kit", Done: r.facts.HasVault && len(r.facts.Kits) == 0, Path: "/vaults"},
		{Name: "person", Done: r.facts.People > 1, Path: "/settings/members"},
	}
}
