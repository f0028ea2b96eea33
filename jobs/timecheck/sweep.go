package timecheck

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/audit"
)

// Sweep looks at the clock and keeps what it saw. A jump, and its end, are told to
// every workspace's audit log. Once each workspace that has snapshots confirmed the
// time, it is what is believed.
func (w *Watch) Sweep(ctx context.Context) error {
	return w.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO clock_checks (seen_at) VALUES (clock_timestamp()) ON CONFLICT DO NOTHING`); err != nil {
			return fmt.Errorf("look at the clock: %w", err)
		}
		if _, err := tx.Exec(ctx, `SELECT FROM clock_checks FOR UPDATE`); err != nil {
			return err
		}
		var was bool
		if err := tx.QueryRow(ctx, `SELECT jumped_at IS NOT NULL FROM clock_checks`).Scan(&was); err != nil {
			return err
		}
		s, _, err := w.read(ctx, tx, uuid.Nil)
		if err != nil {
			return err
		}
		if s, err = settle(ctx, tx, s); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `
			UPDATE clock_checks SET seen_at = $1, off_us = $2, jumped_at = $3, apart_us = CASE WHEN $5::timestamptz IS NULL THEN apart_us ELSE $4 END,
				apart_at = coalesce($5, apart_at)`, s.At, s.Off.Microseconds(), s.JumpedAt, s.Apart.Microseconds(), s.ApartAt); err != nil {
			return err
		}
		switch now := s.JumpedAt != nil; {
		case now && !was:
			return w.tell(ctx, tx, "clock.jumped", s)
		case was && !now:
			return w.tell(ctx, tx, "clock.believed", s)
		}
		return nil
	})
}

// settle believes the clock when nobody who has something to lose is left to ask.
func settle(ctx context.Context, tx pgx.Tx, s Seen) (Seen, error) {
	var open bool
	err := tx.QueryRow(ctx, `
		SELECT NOT EXISTS (SELECT FROM clock_confirmations) OR EXISTS (
			SELECT FROM workspaces w LEFT JOIN clock_confirmations f ON f.workspace_id = w.id
			WHERE abs(coalesce(f.off_us, 0) - $1) > $2 AND EXISTS (SELECT FROM snapshots n WHERE n.workspace_id = w.id AND n.state <> 'deleted'))`,
		s.Off.Microseconds(), MaxStep.Microseconds()).Scan(&open)
	if err != nil || open {
		return s, err
	}
	s.Off, s.JumpedAt = 0, nil
	_, err = tx.Exec(ctx, `DELETE FROM clock_confirmations`)
	return s, err
}

func (w *Watch) tell(ctx context.Context, tx pgx.Tx, action string, s Seen) error {
	rows, err := tx.Query(ctx, `SELECT id FROM workspaces`)
	if err != nil {
		return err
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return err
	}
	for _, id := range all {
		err := audit.Write(ctx, tx, account.System(id), s.At, audit.Event{Action: action, SubjectKind: "clock", SubjectID: "clock",
			Detail: map[string]any{"hours": int(s.Off.Hours())}})
		if err != nil {
			return err
		}
	}
	return nil
}
