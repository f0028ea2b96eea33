package main

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	workflows "levqor/jobs/workflow"
	runs "levqor/jobs/workflow/engine"
)

// fairness looks at how long a neighbour's runs wait for their first step while
// another workspace has thousands of runs queued.
func (s *street) fairness(ctx context.Context, f *flows) (err error) {
	starts, pause := fairStarts, fairPause
	if s.b.quick {
		starts, pause = fairStarts/20, fairPause/4
	}
	s.b.say("workflows: fairness")
	if f.fairIdle, err = s.delays(ctx, starts, pause/4, s.doors.neighbour); err != nil {
		return err
	}
	if err := s.queueMany(ctx, s.b.scaled(fairQueued)); err != nil {
		return err
	}
	start := time.Now()
	if f.fairBusy, err = s.delays(ctx, starts, pause, s.doors.neighbour); err != nil {
		return err
	}
	took := time.Since(start)
	n, err := s.finishedSince(ctx, start)
	if err != nil {
		return err
	}
	f.fairRate = float64(n) / took.Seconds()
	s.b.say("  the neighbour waits p50 %s p99 %s idle, p50 %s p99 %s beside %.0f runs/s", millis(quantile(f.fairIdle, 50)), millis(quantile(f.fairIdle, 99)),
		millis(quantile(f.fairBusy, 50)), millis(quantile(f.fairBusy, 99)), f.fairRate)
	return nil
}

// queueMany starts runs of ten http steps, more than are let in at once.
func (s *street) queueMany(ctx context.Context, n int) error {
	var workflow, version uuid.UUID
	err := s.pool.QueryRow(ctx, `SELECT w.id, w.live_version_id FROM workflows w JOIN workflow_triggers t ON t.workflow_id = w.id WHERE t.token_hash = $1`,
		workflows.HashToken(s.doors.requests)).Scan(&workflow, &version)
	if err != nil {
		return err
	}
	for n > 0 {
		news := make([]runs.New, min(n, 500))
		for i := range news {
			news[i] = runs.New{Workspace: s.house.owner.Workspace, Workflow: workflow, Version: version, Cause: runs.CauseAPI, Input: map[string]any{}, Deadline: time.Hour}
		}
		n -= len(news)
		err := s.house.DB.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
			_, err := s.house.Workflows.Engine().StartIn(ctx, tx, news)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// finishedSince counts the runs of the owner's workspace that are over.
func (s *street) finishedSince(ctx context.Context, since time.Time) (n int, err error) {
	err = s.pool.QueryRow(ctx, `SELECT count(*) FROM runs WHERE workspace_id = $1 AND finished_at >= $2`, s.house.owner.Workspace, since).Scan(&n)
	return n, err
}
