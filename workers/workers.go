// Package workers are shells: each gives a line's work its timeout, and turns
// what it returns into River's words.
package workers

import (
	"context"
	"errors"
	"time"

	"github.com/riverqueue/river"

	"levqor/jobs/db/embedded/cage"
	"levqor/jobs/queue"
	"levqor/jobs/services"
	"levqor/jobs/task"
	"levqor/jobs/vault/kopia"
	"levqor/locales"
)

// Run works on the queues in limits, and sweeps, until ctx ends.
func Run(ctx context.Context, svc *services.Services, limits queue.Limits) error {
	kopia.Frugal()
	words, err := locales.Load()
	if err != nil {
		return err
	}
	if err := svc.Drills.SweepScratch(ctx); err != nil {
		return err
	}
	if err := cage.Check(ctx); err != nil {
		svc.Log.WarnContext(ctx, "this machine takes no drills of databases: what a copy brings could not be locked in", "error", err)
	}
	worker, err := queue.NewWorker(ctx, svc.DB, Register(svc, words), limits, svc.Log)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	swept := make(chan struct{})
	go func() {
		defer close(swept)
		runSweeps(ctx, svc.Log, svc.Gate, sweeps(svc))
	}()
	err = worker.Run(ctx, svc.Workflows.Engine().Drain)
	stop()
	<-swept
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// Register names every kind of job and who does it.
func Register(svc *services.Services, words *locales.Catalogue) *river.Workers {
	kinds := river.NewWorkers()
	river.AddWorker(kinds, &aiWorker{assist: svc.Assist})
	river.AddWorker(kinds, &backupWorker{backups: svc.Backups})
	river.AddWorker(kinds, &drillWorker{drills: svc.Drills})
	river.AddWorker(kinds, &endedWorker{db: svc.DB, drills: svc.Drills, alerts: svc.Alerts, workflows: svc.Workflows})
	river.AddWorker(kinds, &expiryWorker{backups: svc.Backups})
	river.AddWorker(kinds, &dumpWorker{recovery: svc.Recovery})
	river.AddWorker(kinds, &mailWorker{mails: svc.Mails, words: words, base: svc.Config.BaseURL})
	river.AddWorker(kinds, &restoreWorker{restores: svc.Restores})
	river.AddWorker(kinds, &runWorker{engine: svc.Workflows.Engine()})
	river.AddWorker(kinds, &sourceTestWorker{sources: svc.Sources})
	river.AddWorker(kinds, &vaultSetupWorker{vaults: svc.Vaults})
	river.AddWorker(kinds, &vaultUpkeepWorker{vaults: svc.Vaults})
	return kinds
}

func sweeps(svc *services.Services) []sweep {
	return []sweep{
		{"AI calls", time.Hour, svc.Assist.Sweep},
		{"backup schedules", time.Second, svc.Backups.SweepSchedules},
		{"clock", 10 * time.Second, svc.Watch.Sweep},
		{"drill schedules", time.Second, svc.Drills.SweepSchedules},
		{"expiry", 5 * time.Second, svc.Backups.SweepExpiry},
		{"limits", time.Hour, svc.Accounts.SweepLimits},
		{"dumps of our own database", time.Minute, svc.Recovery.Sweep},
		{"lost runs", 15 * time.Second, svc.Workflows.Engine().SweepLost},
		{"lost tasks", 15 * time.Second, (&lost{svc}).sweep},
		{"overdue copies", 10 * time.Second, svc.Alerts.SweepOverdue},
		{"protection", 10 * time.Minute, svc.Alerts.SweepStanding},
		{"replays", time.Hour, svc.Replays.Sweep},
		{"old rows", time.Hour, svc.Pruner.Sweep},
		{"plans far ahead", 5 * time.Minute, svc.Backups.SweepAhead},
		{"run deadlines", 10 * time.Second, svc.Workflows.Engine().SweepDeadlines},
		{"run waits", time.Second, svc.Workflows.Engine().Sweep},
		{"scratch space", time.Hour, svc.Drills.SweepScratch},
		{"waiting tasks", time.Second, func(ctx context.Context) error { return task.SweepWaiting(ctx, svc.DB, svc.Queue) }},
		{"vault upkeep", time.Minute, svc.Vaults.SweepUpkeep},
		{"vaults far ahead", 5 * time.Minute, svc.Vaults.SweepAhead},
		{"workflow events", 5 * time.Second, svc.Workflows.SweepEvents},
		{"workflow figures", time.Minute, svc.Workflows.SweepHours},
		{"workflows far ahead", 5 * time.Minute, svc.Workflows.SweepAhead},
		{"workflow history", time.Hour, svc.Workflows.SweepHistory},
		{"workflow schedules", time.Second, svc.Workflows.SweepSchedules},
	}
}
