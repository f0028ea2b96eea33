package mail

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/fail"
)

// Doubted is a mail that waited when the database was dumped which this one was
// brought back from: it may have arrived.
type Doubted struct {
	ID       uuid.UUID
	Kind     Kind
	To       string
	QueuedAt time.Time
}

const mostDoubted = 200

// Doubted lists them, oldest first.
func (m *Mails) Doubted(ctx context.Context) (mails []Doubted, err error) {
	err = m.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT id, kind, to_address, created_at FROM mails WHERE state = 'unknown' ORDER BY created_at LIMIT $1`, mostDoubted)
		if err != nil {
			return err
		}
		mails, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Doubted])
		return err
	})
	return mails, err
}

// Send lets a doubted mail go out. NotFound when it is none.
func (m *Mails) Send(ctx context.Context, id uuid.UUID) error {
	return m.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		// Its day begins anew: it is tried as long as any other.
		tag, err := tx.Exec(ctx, `UPDATE mails SET state = 'queued', created_at = $2 WHERE id = $1 AND state = 'unknown'`, id, m.clock.Now())
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return fail.New(fail.NotFound, "fail.not_found")
		}
		return m.queue.Insert(ctx, tx, Args{ID: id.String()})
	})
}
