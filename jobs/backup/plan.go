package backup

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/audit"
	"levqor/jobs/db"
	"levqor/jobs/fail"
	"levqor/jobs/live"
	"levqor/jobs/source"
)

// Plan says when a source is backed up into which vault, how long its snapshots
// are kept, and what is promised: RPO, how old the newest copy may be; RTO, how
// long a restore may take.
type Plan struct {
	ID           uuid.UUID
	SourceID     uuid.UUID
	SourceName   string
	SourceKind   source.Kind
	VaultID      uuid.UUID
	VaultName    string
	Cron         string
	EveryMinutes int
	Zone         string
	RPOMinutes   int
	RTOMinutes   int
	Keep         Keep
	Earlier      []Earlier
	DrillCron    string // empty: proofs on demand, and one after the first backup
	Assertions   []source.Assertion
	PausedAt     *time.Time
	NextAt       *time.Time
	NextDrillAt  *time.Time
	CreatedAt    time.Time
	Revision     int
}

const planColumns = `p.id, p.source_id, s.name, s.kind, p.vault_id, v.name, p.cron, p.every_minutes, p.time_zone, p.rpo_minutes, p.rto_minutes,
	p.keep, p.earlier_rules, p.drill_cron, p.assertions, p.paused_at, p.next_at, p.next_drill_at, p.created_at, p.revision`

const planTables = `plans p JOIN sources s ON s.id = p.source_id JOIN vaults v ON v.id = p.vault_id`

// Schedule of the plan's backups.
func (p Plan) Schedule() Schedule {
	return Schedule{Cron: p.Cron, Every: time.Duration(p.EveryMinutes) * time.Minute, Zone: p.Zone}
}

// Binding is what keeps the plan's snapshots.
func (p Plan) Binding() Binding { return Binding{Rules{p.Keep, p.Zone}, p.Earlier} }

// Pending are the changes of what it keeps that can still be undone.
func (p Plan) Pending(now time.Time) []Earlier { return p.Binding().pending(now) }

// RPO is how old the newest restorable copy may be.
func (p Plan) RPO() time.Duration { return time.Duration(p.RPOMinutes) * time.Minute }

// RTO is how long a restore may take.
func (p Plan) RTO() time.Duration { return time.Duration(p.RTOMinutes) * time.Minute }

// Plans of the workspace, by source name. source uuid.Nil: of all. Needs View.
func (b *Backups) Plans(ctx context.Context, actor account.Actor, of uuid.UUID) (plans []Plan, err error) {
	if err := actor.Require(account.View); err != nil {
		return nil, err
	}
	err = b.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT `+planColumns+` FROM `+planTables+`
			WHERE p.workspace_id = current_workspace() AND p.deleted_at IS NULL AND s.deleted_at IS NULL
			  AND ($1 = '00000000-0000-0000-0000-000000000000'::uuid OR p.source_id = $1)
			ORDER BY lower(s.name), p.created_at LIMIT 1000`, of)
		if err != nil {
			return err
		}
		plans, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Plan])
		return err
	})
	return plans, err
}

// Plan finds one. Needs View.
func (b *Backups) Plan(ctx context.Context, actor account.Actor, id uuid.UUID) (p Plan, err error) {
	if err := actor.Require(account.View); err != nil {
		return Plan{}, err
	}
	err = b.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		p, err = findPlan(ctx, tx, id, "")
		return err
	})
	return p, err
}

// findPlan finds a plan that was not deleted; lock is "" or "FOR UPDATE OF p".
func findPlan(ctx context.Context, tx pgx.Tx, id uuid.UUID, lock string) (Plan, error) {
	rows, err := tx.Query(ctx, `SELECT `+planColumns+` FROM `+planTables+` WHERE p.id = $1 AND p.deleted_at IS NULL AND s.deleted_at IS NULL `+lock, id)
	if err != nil {
		return Plan{}, fmt.Errorf("find plan: %w", err)
	}
	p, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Plan])
	if db.NoRows(err) {
		return Plan{}, fail.New(fail.NotFound, "fail.not_found")
	}
	return p, err
}

// CreatePlan needs Manage. The first backup starts at once when in says so.
func (b *Backups) CreatePlan(ctx context.Context, actor account.Actor, in PlanInput) (id uuid.UUID, err error) {
	if err := actor.Require(account.Manage); err != nil {
		return uuid.Nil, err
	}
	if err := in.validate(); err != nil {
		return uuid.Nil, err
	}
	now := b.clock.Now()
	next, nextDrill, err := in.next(now)
	if err != nil {
		return uuid.Nil, err
	}
	id = db.NewID()
	err = b.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		if err := in.checkTargets(ctx, tx); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `
			INSERT INTO plans (id, workspace_id, source_id, vault_id, cron, every_minutes, time_zone, rpo_minutes, rto_minutes, keep,
				drill_cron, assertions, next_at, next_drill_at, expiry_due_at, created_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15)`,
			id, actor.Workspace, in.SourceID, in.VaultID, in.Cron, in.EveryMinutes, in.Zone, in.RPOMinutes, in.RTOMinutes, in.Keep,
			in.DrillCron, in.assertions(), next, nextDrill, now); err != nil {
			return fmt.Errorf("create plan: %w", err)
		}
		return b.changed(ctx, tx, actor, now, "plan.created", id, nil)
	})
	if err != nil || !in.StartNow {
		return id, err
	}
	_, err = b.Start(ctx, actor, id)
	return id, err
}

// UpdatePlan replaces what in says; source and vault stay. Needs Manage, and a
// step-up when the plan's snapshots would be kept for less: those changes can be
// undone until their grace is over. Conflict (fail.conflict) when the revision is
// not the newest.
func (b *Backups) UpdatePlan(ctx context.Context, actor account.Actor, id uuid.UUID, revision int, in PlanInput) error {
	if err := actor.Require(account.Manage); err != nil {
		return err
	}
	if err := in.validate(); err != nil {
		return err
	}
	return b.change(ctx, actor, account.Manage, id, "plan.changed", func(ctx context.Context, tx pgx.Tx, now time.Time, p Plan) (detail, error) {
		if p.Revision != revision {
			return nil, fail.New(fail.Conflict, "fail.conflict")
		}
		next, nextDrill, err := in.next(now)
		if err != nil {
			return nil, err
		}
		told, err := b.revise(ctx, tx, actor, p, Rules{in.Keep, in.Zone}, now)
		if err != nil {
			return nil, err
		}
		_, err = tx.Exec(ctx, `
			UPDATE plans SET cron = $2, every_minutes = $3, rpo_minutes = $4, rto_minutes = $5, drill_cron = $6, assertions = $7,
				next_at = CASE WHEN paused_at IS NULL THEN $8::timestamptz END, next_drill_at = $9
			WHERE id = $1`, id, in.Cron, in.EveryMinutes, in.RPOMinutes, in.RTOMinutes, in.DrillCron, in.assertions(), next, nextDrill)
		return told, err
	})
}

// Pause stops the schedule; what runs goes on, and backups on demand still work.
// Needs Operate. Pausing twice changes nothing.
func (b *Backups) Pause(ctx context.Context, actor account.Actor, id uuid.UUID) error {
	return b.change(ctx, actor, account.Operate, id, "plan.paused", func(ctx context.Context, tx pgx.Tx, now time.Time, _ Plan) (detail, error) {
		_, err := tx.Exec(ctx, `UPDATE plans SET paused_at = coalesce(paused_at, $2), next_at = NULL, revision = revision + 1 WHERE id = $1`, id, now)
		return nil, err
	})
}

// Resume goes on with the next slot; none is caught up. Needs Operate.
func (b *Backups) Resume(ctx context.Context, actor account.Actor, id uuid.UUID) error {
	return b.change(ctx, actor, account.Operate, id, "plan.resumed", func(ctx context.Context, tx pgx.Tx, now time.Time, p Plan) (detail, error) {
		next, err := p.Schedule().Next(now)
		if err != nil {
			return nil, err
		}
		_, err = tx.Exec(ctx, `UPDATE plans SET paused_at = NULL, next_at = $2, revision = revision + 1 WHERE id = $1`, id, next)
		return nil, err
	})
}

func (b *Backups) change(ctx context.Context, actor account.Actor, power account.Power, id uuid.UUID, action string,
	do func(ctx context.Context, tx pgx.Tx, now time.Time, p Plan) (detail, error)) error {
	if err := actor.Require(power); err != nil {
		return err
	}
	return b.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		p, err := findPlan(ctx, tx, id, "FOR UPDATE OF p")
		if err != nil {
			return err
		}
		now := b.clock.Now()
		told, err := do(ctx, tx, now, p)
		if err != nil {
			return fmt.Errorf("%s: %w", action, err)
		}
		return b.changed(ctx, tx, actor, now, action, id, told)
	})
}

// detail is what the audit log says of a change besides its name.
type detail map[string]any

// changed audits a plan's change and tells the source's pages.
func (b *Backups) changed(ctx context.Context, tx pgx.Tx, actor account.Actor, now time.Time, action string, id uuid.UUID, told detail) error {
	var sourceID uuid.UUID
	var name string
	if err := tx.QueryRow(ctx, `SELECT s.id, s.name FROM plans p JOIN sources s ON s.id = p.source_id WHERE p.id = $1`, id).Scan(&sourceID, &name); err != nil {
		return err
	}
	if err := live.Notify(ctx, tx, actor.Workspace, live.Topic("source-"+sourceID.String())); err != nil {
		return err
	}
	return audit.Write(ctx, tx, actor, now, audit.Event{Action: action, SubjectKind: "plan", SubjectID: id.String(), SubjectName: name, Detail: told})
}
