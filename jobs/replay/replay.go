// Package replay lets a caller of the API ask twice and act once: the answer to a
// request with an Idempotency-Key is kept for a day and given again.
package replay

import (
	"bytes"
	"context"
	"errors"
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

// Once does what the request asks for, unless it was done before: then it gives the
// answer of then. Key, answer and all that do changes on the context that it is given
// commit together: when the database goes away in between, nothing was done and the
// key is free. do answers nil when it failed: that changes nothing, and may be tried
// again. Conflict when the key stands for another request (api.fail.key_used), or
// when the first one takes long (api.fail.key_open).
func (r *Replays) Once(ctx context.Context, actor account.Actor, req Request, do func(ctx context.Context) *Answer) (kept *Answer, err error) {
	err = r.db.Together(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		if kept, err = r.begin(ctx, tx, actor, req); err != nil || kept != nil {
			return err
		}
		answer := do(ctx)
		if answer == nil {
			return errFailed
		}
		_, err := tx.Exec(ctx, `UPDATE api_replays SET status = $3, headers = $4, body = $5 WHERE token_id = $1 AND key = $2`,
			actor.ID, req.Key, answer.Status, answer.Headers, answer.Body)
		return err
	})
	if errors.Is(err, errFailed) {
		return nil, nil
	}
	return kept, err
}

var errFailed = errors.New("the request failed")

// openTime is how long a second request waits for the first, in milliseconds.
const openTime = "5000"

// begin takes the key, or finds what it stands for. A row without an answer is left
// from a release that kept it apart from its effect.
func (r *Replays) begin(ctx context.Context, tx pgx.Tx, actor account.Actor, req Request) (*Answer, error) {
	now := r.clock.Now()
	if _, err := tx.Exec(ctx, `SELECT set_config('lock_timeout', $1, true)`, openTime); err != nil {
		return nil, fmt.Errorf("claim idempotency key: %w", err)
	}
	tag, err := tx.Exec(ctx, `
		INSERT INTO api_replays (token_id, key, workspace_id, request_mac, created_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (token_id, key) DO UPDATE SET request_mac = excluded.request_mac, status = NULL, headers = '{}', body = '', created_at = excluded.created_at
		WHERE api_replays.created_at <= $6 OR api_replays.status IS NULL`, actor.ID, req.Key, actor.Workspace, req.MAC, now, now.Add(-Life))
	switch {
	case db.LockTimeout(err):
		return nil, fail.New(fail.Conflict, "api.fail.key_open")
	case err != nil:
		return nil, fmt.Errorf("claim idempotency key: %w", err)
	case tag.RowsAffected() == 1:
		_, err := tx.Exec(ctx, `SELECT set_config('lock_timeout', '0', true)`)
		return nil, err
	}
	var mac []byte
	var kept Answer
	err = tx.QueryRow(ctx, `SELECT request_mac, status, headers, body FROM api_replays WHERE token_id = $1 AND key = $2`, actor.ID, req.Key).
		Scan(&mac, &kept.Status, &kept.Headers, &kept.Body)
	switch {
	case err != nil:
		return nil, fmt.Errorf("find idempotency key: %w", err)
	case !bytes.Equal(mac, req.MAC):
		return nil, fail.New(fail.Conflict, "api.fail.key_used")
	}
	return &kept, nil
}

// Sweep forgets what is older than Life, in every workspace.
func (r *Replays) Sweep(ctx context.Context) error {
	return r.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM api_replays WHERE created_at <= $1`, r.clock.Now().Add(-Life))
		return err
	})
}
