package workflow

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/backup"
	"levqor/jobs/db"
	"levqor/jobs/fail"
	"levqor/jobs/workflow/engine"
	"levqor/jobs/workflow/flow"
	"levqor/jobs/workflow/step"
)

// Kinds of triggers.
const (
	ByEvent    = "event"
	ByForm     = "form"
	ByHand     = "manual"
	BySchedule = "schedule"
	ByWebhook  = "webhook"
)

// Events that start workflows.
var Events = []string{BackupFailed, BackupOverdue, BackupSucceeded, DrillFailed, DrillPassed, HoldPlaced, HoldReleased, SnapshotExpired}

// Names of events.
const (
	BackupFailed    = "backup.failed"
	BackupOverdue   = "backup.overdue"
	BackupSucceeded = "backup.succeeded"
	DrillFailed     = "drill.failed"
	DrillPassed     = "drill.passed"
	HoldPlaced      = "hold.placed"
	HoldReleased    = "hold.released"
	SnapshotExpired = "snapshot.expired"
)

func scheduleOf(t flow.Trigger) backup.Schedule {
	cron, _ := t.Config["cron"].(string)
	minutes, _ := t.Config["every_minutes"].(float64)
	zone, _ := t.Config["zone"].(string)
	if zone == "" {
		zone = "UTC"
	}
	return backup.Schedule{Cron: cron, Every: time.Duration(minutes) * time.Minute, Zone: zone}
}

func checkTrigger(t flow.Trigger, now time.Time) []engine.Problem {
	wrong := func(field, key string) []engine.Problem { return []engine.Problem{{Field: field, Key: key}} }
	switch t.Kind {
	case ByHand, ByWebhook:
		return nil
	case BySchedule:
		if _, err := scheduleOf(t).Next(now); err != nil {
			return wrong("cron", "workflow.fail.schedule")
		}
		return nil
	case ByForm:
		spec, _ := step.FindTrigger(ByForm)
		var problems []engine.Problem
		for _, p := range spec.CheckConfig(t.Config) {
			problems = append(problems, engine.Problem{Field: p.Field, Key: p.Key, Args: p.Args})
		}
		return problems
	case ByEvent:
		event, _ := t.Config["event"].(string)
		for _, known := range Events {
			if event == known {
				return nil
			}
		}
		return wrong("event", "workflow.fail.event")
	default:
		return wrong("kind", "workflow.fail.trigger")
	}
}

// listen writes down what the live version listens to. A webhook's address stays
// the same from version to version.
func (w *Workflows) listen(ctx context.Context, tx pgx.Tx, workspace, id uuid.UUID, t flow.Trigger) error {
	var next *time.Time
	schedule := scheduleOf(t)
	if t.Kind == BySchedule {
		at, err := schedule.Next(w.clock.Now())
		if err != nil {
			return err
		}
		next = &at
	} else {
		schedule = backup.Schedule{Zone: "UTC"}
	}
	event, source := "", (*uuid.UUID)(nil)
	if t.Kind == ByEvent {
		event, _ = t.Config["event"].(string)
		if text, ok := t.Config["source"].(string); ok {
			if parsed, err := uuid.Parse(text); err == nil {
				source = &parsed
			}
		}
	}
	hash, sealed, err := w.address(ctx, tx, id, t.Kind)
	if err != nil {
		return err
	}
	config := t.Config
	if config == nil {
		config = map[string]any{}
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO workflow_triggers (workflow_id, workspace_id, kind, event, source_id, cron, every_minutes, time_zone, next_at, token_hash, sealed_token, config)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		ON CONFLICT (workflow_id) DO UPDATE SET kind = excluded.kind, event = excluded.event, source_id = excluded.source_id, cron = excluded.cron,
			every_minutes = excluded.every_minutes, time_zone = excluded.time_zone, next_at = excluded.next_at, token_hash = excluded.token_hash,
			sealed_token = excluded.sealed_token, config = excluded.config`,
		id, workspace, t.Kind, event, source, schedule.Cron, int(schedule.Every/time.Minute), schedule.Zone, next, hash, sealed, config)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	return nil
}

// address keeps a webhook's or form's token, or makes one.
func (w *Workflows) address(ctx context.Context, tx pgx.Tx, id uuid.UUID, kind string) (hash, sealed []byte, err error) {
	if kind != ByWebhook && kind != ByForm {
		return nil, nil, nil
	}
	err = tx.QueryRow(ctx, `SELECT token_hash, sealed_token FROM workflow_triggers WHERE workflow_id = $1 AND kind = $2 AND token_hash IS NOT NULL`, id, kind).Scan(&hash, &sealed)
	if err == nil || !db.NoRows(err) {
		return hash, sealed, err
	}
	token := rand.Text()
	sealed, err = w.box.Seal([]byte(token), "workflow_triggers/"+id.String())
	return HashToken(token), sealed, err
}

// HashToken is how an address's secret part is kept.
func HashToken(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// Address is the secret part of a workflow's webhook or form address; "" when it
// has none. Needs Manage.
func (w *Workflows) Address(ctx context.Context, actor account.Actor, id uuid.UUID) (token string, err error) {
	if err := actor.Require(account.Manage); err != nil {
		return "", err
	}
	err = w.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		var sealed []byte
		err := tx.QueryRow(ctx, `SELECT sealed_token FROM workflow_triggers WHERE workflow_id = $1 AND sealed_token IS NOT NULL`, id).Scan(&sealed)
		if db.NoRows(err) {
			return nil
		}
		if err != nil {
			return err
		}
		plain, err := w.box.Open(sealed, "workflow_triggers/"+id.String())
		token = string(plain)
		return err
	})
	return token, err
}

// reschedule sets the next run from now: none is caught up.
func (w *Workflows) reschedule(ctx context.Context, tx pgx.Tx, id uuid.UUID) error {
	var s backup.Schedule
	var minutes int
	err := tx.QueryRow(ctx, `SELECT cron, every_minutes, time_zone FROM workflow_triggers WHERE workflow_id = $1 AND kind = 'schedule'`, id).Scan(&s.Cron, &minutes, &s.Zone)
	if db.NoRows(err) {
		return nil
	}
	if err != nil {
		return err
	}
	s.Every = time.Duration(minutes) * time.Minute
	next, err := s.Next(w.clock.Now())
	if err != nil {
		return fail.Wrap(err, fail.Invalid, "workflow.fail.schedule")
	}
	_, err = tx.Exec(ctx, `UPDATE workflow_triggers SET next_at = $2 WHERE workflow_id = $1`, id, next)
	return err
}
