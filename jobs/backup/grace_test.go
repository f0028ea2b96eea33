package backup_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/backup"
	"levqor/jobs/db"
	"levqor/jobs/drill/drilltest"
	"levqor/jobs/fail"
)

const day = 24 * time.Hour

// graced is a plan with a copy of each of the last days, without a vault's bytes.
type graced struct {
	*drilltest.House
	t      *testing.T
	plan   uuid.UUID
	source uuid.UUID
	owner  account.Actor // confirmed
	token  account.Actor // manage alone
}

func newGraced(t *testing.T, copies int) *graced {
	t.Helper()
	h := drilltest.NewHouse(t)
	g := &graced{House: h, t: t, owner: h.Actor}
	var dir string
	g.source, dir = folderSource(t, h, "orders")
	_ = dir
	g.plan = h.Plan(g.source)
	g.owner.SteppedUpAt = h.Clock.Now()
	g.token = account.Actor{Kind: account.KindToken, Name: "manage", Workspace: h.Actor.Workspace, Role: account.RoleOwner, Scopes: []account.Scope{account.ScopeManage}}
	g.keep(backup.Keep{DailyDays: 30})
	for back := range copies {
		g.copy(h.Clock.Now().Add(-time.Duration(back) * day))
	}
	return g
}

func (g *graced) keep(k backup.Keep) {
	g.Exec(`UPDATE plans SET keep = $2 WHERE id = $1`, g.plan, k)
}

func (g *graced) copy(at time.Time) {
	g.Exec(`INSERT INTO snapshots (id, workspace_id, plan_id, source_id, vault_id, manifest_id, taken_at, bytes, stored_bytes, files, truth)
		SELECT $1, workspace_id, id, source_id, vault_id, $2, $3, 1, 1, 1, '{}' FROM plans WHERE id = $4`, db.NewID(), uuid.NewString(), at, g.plan)
}

func (g *graced) oldest() (id uuid.UUID) {
	g.Row(`SELECT id FROM snapshots WHERE state = 'good' ORDER BY taken_at LIMIT 1`).To(&id)
	return id
}

func (g *graced) revision() (n int) {
	g.Row(`SELECT revision FROM plans WHERE id = $1`, g.plan).To(&n)
	return n
}

// lower asks for fewer copies as that actor.
func (g *graced) lower(as account.Actor, days int) error {
	return g.Backups.SaveKeep(g.t.Context(), as, g.plan, g.revision(), backup.Keep{DailyDays: days})
}

// after is how many copies are there when that much time has passed.
func (g *graced) after(d time.Duration) (n int) {
	g.t.Helper()
	g.Clock.Shift(g.Clock.Offset() + d)
	if err := g.Backups.Expire(g.t.Context(), g.plan); err != nil {
		g.t.Fatal(err)
	}
	g.Row(`SELECT count(*) FROM snapshots WHERE plan_id = $1 AND state = 'good'`, g.plan).To(&n)
	return n
}

func TestLessIsKeptOnlyAfterAGrace(t *testing.T) {
	t.Parallel()
	g := newGraced(t, 10)
	unsure := g.owner
	unsure.SteppedUpAt = time.Time{}
	if err := g.lower(unsure, 2); !fail.Is(err, fail.StepUp) {
		t.Errorf("unconfirmed: %v", err)
	}
	if err := g.lower(g.token, 2); !fail.Is(err, fail.StepUp) {
		t.Errorf("a token that may not delete: %v", err)
	}
	in := backup.Defaults("UTC")
	in.Keep = backup.Keep{DailyDays: 2}
	if err := g.Backups.UpdatePlan(t.Context(), g.token, g.plan, g.revision(), in); !fail.Is(err, fail.StepUp) {
		t.Errorf("by the form of the plan: %v", err)
	}
	if err := g.lower(g.token, 40); err != nil {
		t.Errorf("more: %v", err)
	}
	if err := g.lower(g.owner, 2); err != nil {
		t.Fatal(err)
	}
	if n := g.after(0); n != 10 {
		t.Errorf("%d copies are left at once", n)
	}
	if err := g.lower(g.token, 2); err != nil {
		t.Errorf("the same rules again: %v", err)
	}
	if n := g.after(7*day - time.Hour); n != 10 {
		t.Errorf("%d copies are left within the grace", n)
	}
	if n := g.after(2 * time.Hour); n != 1 {
		t.Errorf("%d copies are left after it, want the newest", n)
	}
}

func TestAChangeIsUndone(t *testing.T) {
	t.Parallel()
	g := newGraced(t, 10)
	if err := g.Backups.Undo(t.Context(), g.token, g.plan); !fail.Is(err, fail.NotFound) {
		t.Errorf("nothing waits: %v", err)
	}
	for _, days := range []int{5, 3, 1} {
		if err := g.lower(g.owner, days); err != nil {
			t.Fatal(err)
		}
	}
	p, err := g.Backups.Plan(t.Context(), g.owner, g.plan)
	if err != nil {
		t.Fatal(err)
	}
	if waiting := p.Pending(g.Clock.Now()); len(waiting) != 3 || waiting[0].Removes != 5 || waiting[0].Keep.DailyDays != 30 || waiting[2].Removes != 2 {
		t.Errorf("waiting: %+v", waiting)
	}
	if err := g.Backups.Undo(t.Context(), g.token, g.plan); err != nil {
		t.Fatal(err)
	}
	p, err = g.Backups.Plan(t.Context(), g.owner, g.plan)
	if err != nil || p.Keep.DailyDays != 30 {
		t.Errorf("%+v %v", p.Keep, err)
	}
	if n := g.after(8 * day); n != 10 {
		t.Errorf("%d copies are left", n)
	}
}

func TestALowerMinimumAgeDoesNotOpenAtOnce(t *testing.T) {
	t.Parallel()
	g := newGraced(t, 3)
	g.keep(backup.Keep{DailyDays: 30, MinAgeDays: 30})
	if err := g.lower(g.token, 30); !fail.Is(err, fail.StepUp) {
		t.Errorf("%v", err)
	}
	if err := g.lower(g.owner, 30); err != nil {
		t.Fatal(err)
	}
	var oldest uuid.UUID
	g.Row(`SELECT id FROM snapshots ORDER BY taken_at LIMIT 1`).To(&oldest)
	if err := g.Backups.Delete(t.Context(), g.owner, oldest); !fail.Is(err, fail.Conflict) {
		t.Errorf("deleted although too young: %v", err)
	}
	g.Clock.Shift(8 * day)
	g.owner.SteppedUpAt = g.Clock.Now()
	if err := g.Backups.Delete(t.Context(), g.owner, oldest); err != nil {
		t.Error(err)
	}
}

func TestADeletedPlanComesBackWithAllItsCopies(t *testing.T) {
	t.Parallel()
	g := newGraced(t, 30)
	if err := g.Backups.DeletePlan(t.Context(), g.token, g.plan); !fail.Is(err, fail.StepUp) {
		t.Errorf("a token that may not delete: %v", err)
	}
	if err := g.Backups.DeletePlan(t.Context(), g.owner, g.plan); err != nil {
		t.Fatal(err)
	}
	if n := g.after(6 * day); n != 30 {
		t.Errorf("%d copies are left within the grace", n)
	}
	gone, err := g.Backups.DeletedPlans(t.Context(), g.owner, g.source)
	if err != nil || len(gone) != 1 || gone[0].Snapshots != 30 {
		t.Fatalf("%+v %v", gone, err)
	}
	if err := g.Backups.Undo(t.Context(), g.token, g.plan); err != nil {
		t.Fatal(err)
	}
	p, err := g.Backups.Plan(t.Context(), g.owner, g.plan)
	if err != nil || p.NextAt == nil || !p.NextAt.After(g.Clock.Now()) {
		t.Errorf("%+v %v", p, err)
	}
	g.owner.SteppedUpAt = g.Clock.Now()
	if err := g.Backups.DeletePlan(t.Context(), g.owner, g.plan); err != nil {
		t.Fatal(err)
	}
	if n := g.after(8 * day); n != 16 {
		t.Errorf("%d copies are left after the grace, want those that the rules keep", n)
	}
	if err := g.Backups.Undo(t.Context(), g.owner, g.plan); !fail.Is(err, fail.NotFound) {
		t.Errorf("too late: %v", err)
	}
}

func TestWhatADeletionRemovesIsAudited(t *testing.T) {
	t.Parallel()
	g := newGraced(t, 10)
	if err := g.lower(g.owner, 3); err != nil {
		t.Fatal(err)
	}
	var removes int
	err := g.DB.AsSystem(t.Context(), func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT (detail ->> 'removes')::int FROM audit_events WHERE action = 'plan.retention_changed'`).Scan(&removes)
	})
	if err != nil || removes != 7 {
		t.Error(fmt.Sprint(removes), err)
	}
}
