// Package audit keeps who did what to which thing, in the transaction that did it.
package audit

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
)

// Event is one line of the audit log. Action's words are audit.action.<action>,
// with dots turned to underscores.
type Event struct {
	Action      string
	SubjectKind string
	SubjectID   string
	SubjectName string
	Detail      map[string]any // never a secret
}

// Entry is an event as it was kept.
type Entry struct {
	ID          int64
	At          time.Time
	ActorKind   account.ActorKind
	ActorName   string
	Action      string
	SubjectKind string
	SubjectID   string
	SubjectName string
	Detail      map[string]any
	RequestID   string
}

// Write keeps the event when tx commits.
func Write(ctx context.Context, tx pgx.Tx, actor account.Actor, now time.Time, event Event) error {
	detail := event.Detail
	if detail == nil {
		detail = map[string]any{}
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO audit_events (workspace_id, at, actor_kind, actor_id, actor_name, action, subject_kind, subject_id, subject_name, detail, request_id)
		VALUES ($1, $2, $3, nullif($4, '00000000-0000-0000-0000-000000000000'::uuid), $5, $6, $7, $8, $9, $10, $11)`,
		nullable(actor.Workspace), now, actor.Kind, actor.ID, actor.Name, event.Action,
		event.SubjectKind, event.SubjectID, event.SubjectName, detail, actor.RequestID)
	if err != nil {
		return fmt.Errorf("audit %s: %w", event.Action, err)
	}
	return nil
}

// List is newest first; before is the ID to start below, 0 for the newest.
func List(ctx context.Context, tx pgx.Tx, before int64, limit int) ([]Entry, error) {
	rows, err := tx.Query(ctx, `
		SELECT id, at, actor_kind, actor_name, action, subject_kind, subject_id, subject_name, detail, request_id
		FROM audit_events WHERE workspace_id = current_workspace() AND ($1 = 0 OR id < $1)
		ORDER BY id DESC LIMIT $2`, before, limit)
	if err != nil {
		return nil, fmt.Errorf("list audit events: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Entry])
}

func nullable(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}
