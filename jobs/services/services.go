// Package services is the map of the house: every dependency, made once, for the
// web process and the workers alike.
package services

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/alert"
	"levqor/jobs/assist"
	"levqor/jobs/backup"
	"levqor/jobs/clock"
	"levqor/jobs/config"
	"levqor/jobs/credential"
	"levqor/jobs/db"
	"levqor/jobs/dial"
	"levqor/jobs/drill"
	"levqor/jobs/live"
	"levqor/jobs/mail"
	"levqor/jobs/overview"
	"levqor/jobs/prune"
	"levqor/jobs/queue"
	"levqor/jobs/recovery"
	"levqor/jobs/replay"
	"levqor/jobs/restore"
	"levqor/jobs/roots"
	"levqor/jobs/secret"
	"levqor/jobs/source"
	"levqor/jobs/task"
	"levqor/jobs/timecheck"
	"levqor/jobs/vault"
	"levqor/jobs/workflow"
	"levqor/jobs/workflow/engine"
	"levqor/jobs/workflow/expr"
	"levqor/jobs/workflow/step"
)

// Services is what a process of Levqor works with.
type Services struct {
	Config config.Config
	Clock  *clock.Clock
	DB     *db.DB
	Live   *live.Hub
	Gate   *queue.Gate
	Log    *slog.Logger
	Queue  *queue.Queue
	Tasks  *task.Tasks
	Watch  *timecheck.Watch

	Accounts    *account.Accounts
	Alerts      *alert.Alerts
	Assist      *assist.Assist
	Backups     *backup.Backups
	Credentials *credential.Credentials
	Drills      *drill.Drills
	Mails       *mail.Mails
	Overview    *overview.Overview
	Pruner      *prune.Pruner
	Recovery    *recovery.Recovery
	Replays     *replay.Replays
	Restores    *restore.Restores
	Sources     *source.Sources
	Vaults      *vault.Vaults
	Workflows   *workflow.Workflows
}

// New connects and wires. Close lets go.
func New(ctx context.Context, cfg config.Config, log *slog.Logger) (*Services, error) {
	box, err := secret.NewBox(cfg.MasterKey)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(cfg.DataDir, 0o755); err != nil {
		return nil, fmt.Errorf("LEVQOR_DATA: %w", err)
	}
	d, err := db.Open(ctx, cfg.DatabaseURL, 20)
	if err != nil {
		return nil, err
	}
	if err := checkSchema(ctx, d); err != nil {
		d.Close()
		return nil, err
	}
	if err := checkKey(ctx, d, box); err != nil {
		d.Close()
		return nil, err
	}
	s := &Services{Config: cfg, Clock: &clock.Clock{}, DB: d, Gate: queue.NewGate(d), Live: live.NewHub(log), Log: log}
	if s.Queue, err = queue.New(d, log); err != nil {
		d.Close()
		return nil, err
	}
	if err := s.readTestClock(ctx); err != nil {
		d.Close()
		return nil, err
	}
	language, err := expr.New()
	if err != nil {
		d.Close()
		return nil, err
	}
	s.wire(box, policyOf(cfg), foldersOf(cfg), language)
	return s, nil
}

// wire makes the lines, the lowest first.
func (s *Services) wire(box *secret.Box, guard dial.Guard, folders roots.Roots, language *expr.Language) {
	d, q, c, cfg := s.DB, s.Queue, s.Clock, s.Config
	runner := task.NewRunner(d, q, c, s.Log)
	reach := source.Options{Dial: guard, Grace: cfg.Grace, PostgresBin: cfg.PostgresBin, Roots: folders}
	s.Tasks = task.NewTasks(d, c)
	s.Watch = timecheck.New(d, c)
	s.Assist = assist.New(d, q, c, runner, assist.Options{
		URL: cfg.AIURL, Key: cfg.AIKey, Model: cfg.AIModel, Tokens: cfg.AITokens, On: cfg.AI()})
	s.Mails = mail.New(d, q, c, box, cfg)
	s.Accounts = account.New(d, c, s.Mails, cfg)
	s.Vaults = vault.New(d, q, c, box, runner, vault.Options{DataDir: cfg.DataDir, Dial: guard, Roots: folders})
	s.Sources = source.New(d, q, c, box, runner, reach)
	s.Backups = backup.New(d, q, c, runner, s.Sources, s.Vaults, backup.Options{Grace: cfg.Grace})
	s.Restores = restore.New(d, q, c, box, runner, s.Vaults, s.Sources, s.Backups, reach)
	s.Drills = drill.New(d, q, c, box, runner, s.Vaults, s.Sources, drill.Options{DataDir: cfg.DataDir, PostgresBin: cfg.PostgresBin})
	s.Alerts = alert.New(d, c, s.Mails)
	s.Overview = overview.New(d, c)
	s.Pruner = s.pruner()
	s.Replays = replay.New(d, c)
	s.Recovery = recovery.New(d, q, c, box, s.Mails, recovery.Options{DatabaseURL: cfg.DatabaseURL, PostgresBin: cfg.PostgresBin, Dial: guard, Roots: folders})
	s.Credentials = credential.New(d, c, box)
	s.Workflows = workflow.New(d, c, box, s.runs(guard, language))
}

// runs makes the engine of workflows with every kind of step.
func (s *Services) runs(guard dial.Guard, language *expr.Language) (runs *engine.Engine) {
	kinds := step.All(step.Deps{
		Accounts: s.Accounts, Alerts: s.Alerts, Assist: s.Assist, Backups: s.Backups, BaseURL: s.Config.BaseURL, Credentials: s.Credentials, Drills: s.Drills, Guard: guard,
		Mails: s.Mails, Restores: s.Restores,
		StartRun: func(ctx context.Context, tx pgx.Tx, call step.Call, workflow uuid.UUID, input any) (uuid.UUID, int64, error) {
			return runs.StartChild(ctx, tx, call, workflow, input)
		},
	})
	runs = engine.NewEngine(s.DB, s.Queue, s.Clock, s.Log, &engine.Compiler{Language: language, Registry: step.NewRegistry(kinds...)})
	return runs
}

// Close waits for the database's connections.
func (s *Services) Close() { s.DB.Close() }

func policyOf(cfg config.Config) dial.Guard {
	switch {
	case cfg.Dev:
		return dial.Guard{Policy: dial.Anything}
	case cfg.AllowPrivate:
		return dial.Guard{Policy: dial.Private}
	default:
		return dial.Guard{Policy: dial.Public}
	}
}

// foldersOf gives `levqor dev` a folder of its own to try folders with.
func foldersOf(cfg config.Config) roots.Roots {
	folders := slices.Clone(cfg.FolderRoots)
	if cfg.Dev {
		folders = append(folders, cfg.DevFolder())
	}
	return folders
}
