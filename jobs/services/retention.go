package services

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/alert"
	"levqor/jobs/backup"
	"levqor/jobs/mail"
	"levqor/jobs/prune"
	"levqor/jobs/task"
	"levqor/jobs/workflow"
)

// pruner collects how long each line keeps its rows: every growing table is here.
func (s *Services) pruner() *prune.Pruner {
	trusted := func(ctx context.Context, tx pgx.Tx) error { return s.Watch.Check(ctx, tx, uuid.Nil) }
	return prune.New(s.DB, s.Clock, s.Log, trusted,
		account.Retention(), alert.Retention(), backup.RowRetention(s.Backups.Grace()), mail.Retention(), task.Retention(), workflow.Retention())
}
