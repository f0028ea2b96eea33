package restore

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/backup"
	"levqor/jobs/clock"
	"levqor/jobs/db"
	"levqor/jobs/queue"
	"levqor/jobs/secret"
	"levqor/jobs/source"
	"levqor/jobs/task"
	"levqor/jobs/vault"
)

// Restores orders and performs restores.
type Restores struct {
	db      *db.DB
	queue   *queue.Queue
	clock   *clock.Clock
	box     *secret.Box
	runner  *task.Runner
	vaults  *vault.Vaults
	sources *source.Sources
	backups *backup.Backups
	options source.Options
}

// New makes the line. Its options are those of the sources: the same guard, the
// same roots and the same programs.
func New(d *db.DB, q *queue.Queue, c *clock.Clock, box *secret.Box, r *task.Runner, v *vault.Vaults, s *source.Sources, b *backup.Backups, o source.Options) *Restores {
	return &Restores{db: d, queue: q, clock: c, box: box, runner: r, vaults: v, sources: s, backups: b, options: o}
}

// Get finds a restore of the workspace.
func (r *Restores) Get(ctx context.Context, actor account.Actor, id uuid.UUID) (found Restore, err error) {
	if err := actor.Require(account.View); err != nil {
		return Restore{}, err
	}
	err = r.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		found, err = get(ctx, tx, id)
		return err
	})
	return found, err
}

// List is newest first.
func (r *Restores) List(ctx context.Context, actor account.Actor, f Filter) (found []Restore, err error) {
	if err := actor.Require(account.View); err != nil {
		return nil, err
	}
	err = r.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		found, err = list(ctx, tx, f)
		return err
	})
	return found, err
}
