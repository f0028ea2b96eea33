// Package drill proves that copies restore: it restores one into a scratch
// place, compares what came back with what was recorded when it was taken, runs
// the customer's assertions, measures, and signs what it found.
//
// A proof that says "failed" is a result like any other. A drill that could not
// find out, because the scratch server or the vault was away, is a failed task
// and leaves no proof.
package drill

import (
	"context"
	"path/filepath"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/clock"
	"levqor/jobs/db"
	"levqor/jobs/queue"
	"levqor/jobs/secret"
	"levqor/jobs/source"
	"levqor/jobs/task"
	"levqor/jobs/vault"
)

// Options are what the operator decides.
type Options struct {
	DataDir     string // scratch space of this machine's drills
	PostgresBin string // LEVQOR_PG_BIN; empty: found where usual
}

// Drills starts and performs drills, and keeps their proofs.
type Drills struct {
	db          *db.DB
	queue       *queue.Queue
	clock       *clock.Clock
	box         *secret.Box
	runner      *task.Runner
	vaults      *vault.Vaults
	sources     *source.Sources
	options     Options
	scratchRoot string
}

// New makes the line.
func New(d *db.DB, q *queue.Queue, c *clock.Clock, box *secret.Box, r *task.Runner, v *vault.Vaults, s *source.Sources, o Options) *Drills {
	return &Drills{db: d, queue: q, clock: c, box: box, runner: r, vaults: v, sources: s, options: o, scratchRoot: filepath.Join(o.DataDir, "scratch")}
}

// Get finds a drill of the workspace.
func (d *Drills) Get(ctx context.Context, actor account.Actor, id uuid.UUID) (found Drill, err error) {
	if err := actor.Require(account.View); err != nil {
		return Drill{}, err
	}
	err = d.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		found, err = get(ctx, tx, id)
		return err
	})
	return found, err
}

// List is newest first.
func (d *Drills) List(ctx context.Context, actor account.Actor, f Filter) (found []Drill, err error) {
	if err := actor.Require(account.View); err != nil {
		return nil, err
	}
	err = d.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		found, err = list(ctx, tx, f)
		return err
	})
	return found, err
}

// Proof is the drill's proof, to be shown (Read) or written as the file that
// VerifyFile takes (json.Marshal). NotFound while there is none.
func (d *Drills) Proof(ctx context.Context, actor account.Actor, id uuid.UUID) (proof Proof, err error) {
	if err := actor.Require(account.View); err != nil {
		return Proof{}, err
	}
	err = d.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		proof, err = readProofOf(ctx, tx, id)
		return err
	})
	return proof, err
}

// Keys are the public keys of this installation, newest first, so that people
// can compare a proof's fingerprint.
func (d *Drills) Keys(ctx context.Context, actor account.Actor) (keys []PublicKey, err error) {
	if err := actor.Require(account.View); err != nil {
		return nil, err
	}
	err = d.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT id, public_key, created_at FROM signing_keys ORDER BY created_at DESC, id DESC LIMIT 100`)
		if err != nil {
			return err
		}
		keys, err = pgx.CollectRows(rows, pgx.RowToStructByPos[PublicKey])
		return err
	})
	return keys, err
}
