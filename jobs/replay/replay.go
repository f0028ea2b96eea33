// Package replay lets a caller of the API ask twice and act once: the answer to a
// request with an Idempotency-Key is kept for a day and given again.
package replay

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/clock"
	"levqor/jobs/db"
	"levqor/jobs/fail"
)

// Life is how long a key is remembered.
const Life = 24 * time.Hour

// MaxKey is the longest key, in bytes.
const MaxKey = 200

// Request is what a key stands for. MAC tells one request from another without
// keeping its body, which may hold a password.
type Request struct {
	Key string
	MAC []byte
}

// Answer is what the first request was told.
type Answer struct {
	Status  int
	Headers map[string]string
	Body    []byte
}

// Replays is the line's work.
type Replays struct {
	db    *db.DB
	clock *clock.Clock
}

// New makes the line.
func New(d *db.DB, c *clock.Clock) *Replays { return &Replays{db: d, clock: c} }

// Begin claims the key for the actor's token. A nil answer says: go on, then Keep
// or Forget. Conflict when the key stands for another request (api.fail.key_used),
// or when the first request did not end yet or never will (api.fail.key_open).
func (r *Replays) Begin(ctx context.Context, actor account.Actor, req Request) (kept *Answer, err error) {
	err = r.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		kept, err = r.begin(ctx, tx, actor, req)
		return err
	})
	return kept, err
}

func (r *Replays) begin(ctx context.Context, tx pgx.Tx, actor account.Actor, req Request) (*Answer, error) {
	now := r.clock.Now()
	tag, err := tx.Exec(ctx, `
		INSERT INTO api_replays (token_id, key, workspace_id, request_mac, created_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (token_id, key) DO UPDATE SET request_mac = excluded.request_mac, status = NULL, headers = '{}', body = '', created_at = excluded.created_at
		WHERE api_replays.created_at <= $6`, actor.ID, req.Key, actor.Workspace, req.MAC, now, now.Add(-Life))
	if err != nil {
		return nil, fmt.Errorf("claim idempotency key: %w", err)
	}
	if tag.RowsAffected() == 1 {
		return nil, nil
	}
	var mac []byte
	var status *int
	var kept Answer
	err = tx.QueryRow(ctx, `SELECT request_mac, status, headers, body FROM api_replays WHERE token_id = $1 AND key = $2`, actor.ID, req.Key).
		Scan(&mac, &status, &kept.Headers, &kept.Body)
	switch {
	case db.NoRows(err): // the first request just gave the key back
		return nil, fail.New(fail.Conflict, "api.fail.key_open")
	case err != nil:
		return nil, fmt.Errorf("find idempotency key: %w", err)
	case !bytes.Equal(mac, req.MAC):
		return nil, fail.New(fail.Conflict, "api.fail.key_used")
	case status == nil:
		return nil, fail.New(fail.Conflict, "api.fail.key_open")
	}
	kept.Status = *status
	return &kept, nil
}

// Keep remembers the answer.
func (r *Replays) Keep(ctx context.Context, actor account.Actor, key string, a Answer) error {
	return r.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE api_replays SET status = $3, headers = $4, body = $5 WHERE token_id = $1 AND key = $2`,
			actor.ID, key, a.Status, a.Headers, a.Body)
		return err
	})
}

// Forget frees a key whose request changed nothing, so that it may be tried again.
func (r *Replays) Forget(ctx context.Context, actor account.Actor, key string) error {
	return r.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM api_replays WHERE token_id = $1 AND key = $2 AND status IS NULL`, actor.ID, key)
		return err
	})
}

// Sweep forgets what is older than Life, in every workspace.
func (r *Replays) Sweep(ctx context.Context) error {
	return r.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM api_replays WHERE created_at <= $1`, r.clock.Now().Add(-Life))
		return err
	})
}
