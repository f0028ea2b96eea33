package db

import (
	"context"
	"errors"
	"sync"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// joined is the transaction that all work on a context takes part in.
type joined struct {
	db *DB
	mu sync.Mutex
	tx pgx.Tx
	as scope
}

// scope is whose rows a transaction sees.
type scope struct{ role, workspace string }

type joinKey struct{}

func (d *DB) join(ctx context.Context, tx pgx.Tx, as scope) context.Context {
	return context.WithValue(ctx, joinKey{}, &joined{db: d, tx: tx, as: as})
}

// Together runs fn in one transaction of the workspace: every InWorkspace and AsSystem
// on the context that fn is given takes part in it, and commits with it or not at
// all. fn must be short, and do nothing outside the database.
func (d *DB) Together(ctx context.Context, workspace uuid.UUID, fn func(ctx context.Context, tx pgx.Tx) error) error {
	return d.InWorkspace(ctx, workspace, func(ctx context.Context, tx pgx.Tx) error {
		return fn(d.join(ctx, tx, scope{appRole, workspace.String()}), tx)
	})
}

// joinedIn is the transaction that ctx takes part in, if any.
func (d *DB) joinedIn(ctx context.Context) *joined {
	if j, ok := ctx.Value(joinKey{}).(*joined); ok && j.db == d {
		return j
	}
	return nil
}

// run is a part of the whole: what fails in it is taken back alone.
func (j *joined) run(ctx context.Context, as scope, fn func(ctx context.Context, tx pgx.Tx) error) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	part, err := j.tx.Begin(ctx)
	if err == nil {
		err = see(ctx, part, as)
	}
	if err == nil {
		err = fn(j.db.join(ctx, part, as), part)
	}
	if err == nil {
		err = see(ctx, part, j.as)
	}
	if err == nil {
		err = part.Commit(ctx)
	} else if part != nil {
		err = errors.Join(err, part.Rollback(ctx))
	}
	if err != nil && ctx.Err() == nil && j.tx.Conn().IsClosed() {
		return away(err)
	}
	return unavailable(err)
}

func see(ctx context.Context, tx pgx.Tx, as scope) error {
	_, err := tx.Exec(ctx, `SELECT set_config('role', $1, true), set_config('levqor.workspace', $2, true)`, as.role, as.workspace)
	return err
}
