package mail

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/db"
	"levqor/jobs/lease"
	"levqor/jobs/queue"
)

// KeepTrying is how old a mail may get before it is given up: as long as Resend
// remembers its idempotency key, so that no later try can send it twice.
const KeepTrying = 24 * time.Hour

const (
	stateFailed = "failed"
	stateSent   = "sent"
)

// Deliver sends the mail once: one that is sent or given up is left alone, and
// Resend drops a second delivery under the same idempotency key, so a worker
// killed after sending does no harm. render must give the same words each time.
// queue.RetryLater asks to wait; any other error is worth another try, unless
// last says that there is none: then the mail is given up.
func (m *Mails) Deliver(ctx context.Context, id uuid.UUID, last bool, render func(ctx context.Context, msg Message) (Rendered, error)) error {
	msg, err := m.pending(ctx, id)
	if err != nil || msg == nil {
		return err
	}
	rendered, err := render(ctx, *msg)
	if err != nil {
		return m.again(ctx, *msg, last, fmt.Errorf("render: %w", err))
	}
	if m.key == "" && m.dev {
		return m.record(ctx, id, stateSent, "outbox", "")
	}
	if err := lease.Held(ctx); err != nil {
		return err
	}
	provider, err := m.send(ctx, *msg, rendered)
	if err == nil {
		return m.record(ctx, id, stateSent, provider, "")
	}
	return m.again(ctx, *msg, last, err)
}

// again decides what a failed delivery means for the mail.
func (m *Mails) again(ctx context.Context, msg Message, last bool, cause error) error {
	err := fmt.Errorf("send %s mail to %s: %w", msg.Kind, Shorten(msg.To), cause)
	answer, _ := errors.AsType[*answered](cause)
	switch {
	case answer != nil && answer.refused():
		return errors.Join(m.record(ctx, msg.ID, stateFailed, "", "mail.fail.refused"), &GaveUp{err})
	case last || m.clock.Now().Sub(msg.QueuedAt) >= KeepTrying:
		return errors.Join(m.record(ctx, msg.ID, stateFailed, "", "mail.fail.unreachable"), &GaveUp{err})
	case answer != nil && answer.wait > 0:
		return &queue.RetryLater{After: answer.wait}
	}
	return err
}

// GaveUp says that the mail is recorded as failed: no repeat mends it.
type GaveUp struct{ cause error }

func (g *GaveUp) Error() string { return "gave up: " + g.cause.Error() }
func (g *GaveUp) Unwrap() error { return g.cause }

func (m *Mails) pending(ctx context.Context, id uuid.UUID) (*Message, error) {
	var msg Message
	var sealed []byte
	err := m.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `
			SELECT id, coalesce(workspace_id, '00000000-0000-0000-0000-000000000000'), kind, to_address, locale, sealed_args, created_at
			FROM mails WHERE id = $1 AND state = 'queued'`, id).
			Scan(&msg.ID, &msg.Workspace, &msg.Kind, &msg.To, &msg.Locale, &sealed, &msg.QueuedAt)
	})
	if db.NoRows(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find mail: %w", err)
	}
	args, err := m.box.Open(sealed, place(id))
	if err != nil {
		return nil, err
	}
	return &msg, json.Unmarshal(args, &msg.Args)
}

func (m *Mails) record(ctx context.Context, id uuid.UUID, state, provider, failureKey string) error {
	return m.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			UPDATE mails SET state = $2, provider_id = $3, failure_key = $4, sent_at = CASE WHEN $2 = 'sent' THEN $5::timestamptz END
			WHERE id = $1 AND state = 'queued'`, id, state, provider, failureKey, m.clock.Now())
		if err != nil {
			return fmt.Errorf("record mail: %w", err)
		}
		return nil
	})
}
