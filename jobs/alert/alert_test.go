package alert_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/alert"
	"levqor/jobs/clock"
	"levqor/jobs/config"
	"levqor/jobs/db"
	"levqor/jobs/db/dbtest"
	"levqor/jobs/drill/drilltest"
	"levqor/jobs/fail"
	"levqor/jobs/mail"
	"levqor/jobs/queue"
	"levqor/jobs/secret"
)

type house struct {
	*alert.Alerts
	t     *testing.T
	db    *db.DB
	clock *clock.Clock
	mails *mail.Mails
	actor account.Actor
}

func newHouse(t *testing.T) *house {
	t.Helper()
	t.Parallel()
	d := dbtest.New(t)
	q, err := queue.New(d, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	keyset, err := secret.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	box, err := secret.NewBox(keyset)
	if err != nil {
		t.Fatal(err)
	}
	c := &clock.Clock{}
	mails := mail.New(d, q, c, box, config.Config{Dev: true})
	return &house{alert.New(d, c, mails), t, d, c, mails, dbtest.Workspace(t, d)}
}

// join adds a member with that role, who reads French.
func (h *house) join(role account.Role) account.Actor {
	h.t.Helper()
	a := account.Actor{Kind: account.KindPerson, ID: db.NewID(), Workspace: h.actor.Workspace, Role: role}
	err := h.db.AsSystem(h.t.Context(), func(ctx context.Context, tx pgx.Tx) error {
		email := string(role) + a.ID.String() + "@example.com"
		if _, err := tx.Exec(ctx, `INSERT INTO users (id, email, email_key, locale, created_at) VALUES ($1, $2, $2, 'fr', now())`, a.ID, email); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO members (workspace_id, user_id, role, created_at) VALUES ($1, $2, $3, now())`, a.Workspace, a.ID, role)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return a
}

func (h *house) consider(s *drilltest.History, ids ...uuid.UUID) {
	h.t.Helper()
	for _, id := range ids {
		if err := h.Consider(h.t.Context(), s.Task(id)); err != nil {
			h.t.Fatal(err)
		}
	}
}

// mailed counts the mails by kind.
func (h *house) mailed() map[mail.Kind]int {
	h.t.Helper()
	kept, err := h.mails.Outbox(h.t.Context(), 100)
	if err != nil {
		h.t.Fatal(err)
	}
	n := map[mail.Kind]int{}
	for _, m := range kept {
		n[m.Kind]++
	}
	return n
}

func (h *house) open() []alert.Alert {
	h.t.Helper()
	list, err := h.List(h.t.Context(), h.actor, alert.Filter{Open: true, Limit: 50})
	if err != nil {
		h.t.Fatal(err)
	}
	return list
}

func (h *house) bell() []alert.Notification {
	h.t.Helper()
	list, err := h.Notifications(h.t.Context(), h.actor, time.Time{}, uuid.Nil, 50)
	if err != nil {
		h.t.Fatal(err)
	}
	return list
}

func TestFailuresAreGroupedAndRecover(t *testing.T) {
	h := newHouse(t)
	h.join(account.RoleOperator)
	h.join(account.RoleViewer)
	now := h.clock.Now()
	s := drilltest.New(t, h.db, h.actor, "accounting", now.Add(-24*time.Hour))
	at := func(minutes int) time.Time { return now.Add(time.Duration(minutes-60) * time.Minute) }
	var failed []uuid.UUID
	for i := range 3 {
		failed = append(failed, s.FailedBackup(at(i*5), "credentials", "postgres.fail.login"))
	}

	h.consider(s, failed[0], failed[0], failed[1], failed[2], failed[2])
	open := h.open()
	if len(open) != 1 || open[0].Times != 3 || open[0].Kind != alert.BackupFailed || open[0].FailureKey != "postgres.fail.login" ||
		*open[0].TaskID != failed[2] || open[0].Path() != "/sources/"+s.SourceID.String()+"/settings" {
		t.Fatalf("%+v", open)
	}
	if n := h.mailed(); n[mail.BackupFailed] != 2 || len(n) != 1 {
		t.Fatalf("owner and operator get one mail each, the viewer none: %v", n)
	}
	bell := h.bell()
	if len(bell) != 1 || fmt.Sprint(bell[0].Args["times"]) != "3" || bell[0].Severity != alert.Error || bell[0].Path == "" {
		t.Fatalf("%+v", bell)
	}

	good, _ := s.Backup(at(30), 5)
	h.consider(s, good, good)
	if open := h.open(); len(open) != 0 {
		t.Fatalf("still open: %+v", open)
	}
	if n := h.mailed(); n[mail.Recovered] != 2 {
		t.Fatalf("%v", n)
	}
	h.consider(s, failed[1]) // a late word of what is over
	if open := h.open(); len(open) != 0 || len(h.bell()) != 2 {
		t.Fatalf("a late word opened it again: %+v", open)
	}
	h.consider(s, s.FailedBackup(at(40), "gone", "postgres.fail.refused"), good) // the old success comes again
	if open := h.open(); len(open) != 1 || open[0].Times != 1 {
		t.Fatalf("%+v", open)
	}
}

func TestProofs(t *testing.T) {
	h := newHouse(t)
	now := h.clock.Now()
	s := drilltest.New(t, h.db, h.actor, "shop-db", now.Add(-24*time.Hour))
	first := s.Drill(now.Add(-50*time.Minute), true)
	h.consider(s, first)
	if bell := h.bell(); len(bell) != 1 || bell[0].Kind != "proven" || len(h.mailed()) != 0 {
		t.Fatalf("%+v", bell)
	}
	bad := s.Drill(now.Add(-40*time.Minute), false)
	h.consider(s, bad)
	open := h.open()
	if len(open) != 1 || open[0].FailureKey != "drill.fail.checks" || open[0].Path() != "/drills/"+bad.String() || h.mailed()[mail.ProofFailed] != 1 {
		t.Fatalf("%+v", open)
	}
	h.consider(s, s.FailedDrill(now.Add(-35*time.Minute), "quota", "drill.fail.no_scratch"))
	if open := h.open(); len(open) != 1 || open[0].Times != 2 || open[0].FailureKey != "drill.fail.no_scratch" {
		t.Fatalf("%+v", open)
	}
	backup, _ := s.Backup(now.Add(-30*time.Minute), 5)
	h.consider(s, backup)
	if len(h.open()) != 1 {
		t.Fatal("a backup is no proof")
	}
	h.consider(s, s.Drill(now.Add(-20*time.Minute), true))
	if len(h.open()) != 0 || h.mailed()[mail.Recovered] != 1 {
		t.Fatal("a passed drill is")
	}
}

func TestOverdue(t *testing.T) {
	h := newHouse(t)
	now := h.clock.Now()
	history := func(name string, copyAge time.Duration) *drilltest.History {
		s := drilltest.New(t, h.db, h.actor, name, now.Add(-100*time.Hour))
		if copyAge > 0 {
			s.Backup(now.Add(-copyAge), 5)
		}
		return s
	}
	history("in time", time.Hour)
	history("in its grace", 6*time.Hour+30*time.Minute)
	late, never, paused, removed := history("late", 7*time.Hour), history("never", 0), history("paused", 90*time.Hour), history("removed", 90*time.Hour)
	paused.Set("paused_at", now)
	removed.Set("deleted_at", now)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := h.SweepOverdue(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	names := map[string]bool{}
	for _, a := range h.open() {
		names[a.SourceName] = a.Kind == alert.BackupOverdue
	}
	if len(names) != 2 || !names["late"] || !names["never"] || h.mailed()[mail.BackupOverdue] != 2 {
		t.Fatalf("%v, %v", names, h.mailed())
	}
	backup, _ := late.Backup(now.Add(-2*time.Minute), 5)
	h.consider(late, backup)
	never.Set("paused_at", now)
	if err := h.SweepOverdue(t.Context()); err != nil {
		t.Fatal(err)
	}
	if open := h.open(); len(open) != 0 || h.mailed()[mail.Recovered] != 1 {
		t.Fatalf("a pause ends it without a word: %+v, %v", open, h.mailed())
	}
}

func TestTheBell(t *testing.T) {
	h := newHouse(t)
	viewer := h.join(account.RoleViewer)
	other := dbtest.Workspace(t, h.db)
	nobody := account.Actor{Kind: account.KindPerson, Workspace: h.actor.Workspace}
	token := account.Actor{Kind: account.KindToken, ID: db.NewID(), Workspace: h.actor.Workspace, Role: account.RoleOwner, Scopes: []account.Scope{account.ScopeAdmin}}
	now := h.clock.Now()
	for i := range 3 {
		s := drilltest.New(t, h.db, h.actor, fmt.Sprintf("source %d", i), now.Add(-24*time.Hour))
		h.consider(s, s.FailedBackup(now.Add(-time.Hour), "gone", "postgres.fail.refused"))
	}
	t.Run("is refused", func(t *testing.T) {
		for name, call := range map[string]func() error{
			"nobody lists":  func() error { _, err := h.List(t.Context(), nobody, alert.Filter{}); return err },
			"nobody looks":  func() error { _, err := h.Notifications(t.Context(), nobody, now, uuid.Nil, 1); return err },
			"nobody counts": func() error { _, err := h.Unread(t.Context(), nobody); return err },
			"nobody reads":  func() error { return h.MarkRead(t.Context(), nobody, now) },
			"a token reads": func() error { return h.MarkRead(t.Context(), token, now) },
		} {
			if err := call(); !fail.Is(err, fail.Forbidden) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
	t.Run("rings in one workspace", func(t *testing.T) {
		n, err := h.Unread(t.Context(), other)
		list, listErr := h.Notifications(t.Context(), other, time.Time{}, uuid.Nil, 50)
		alerts, alertsErr := h.List(t.Context(), other, alert.Filter{Limit: 50})
		if n != 0 || len(list) != 0 || len(alerts) != 0 || err != nil || listErr != nil || alertsErr != nil {
			t.Fatal(n, list, alerts, err, listErr, alertsErr)
		}
	})
	t.Run("is read by each person alone", func(t *testing.T) {
		if err := h.MarkRead(t.Context(), viewer, h.clock.Now()); err != nil {
			t.Fatal(err)
		}
		if err := h.MarkRead(t.Context(), viewer, now.Add(-time.Hour)); err != nil {
			t.Fatal(err)
		}
		theirs, _ := h.Unread(t.Context(), viewer)
		ours, _ := h.Unread(t.Context(), h.actor)
		if theirs != 0 || ours != 3 {
			t.Fatalf("viewer %d, owner %d", theirs, ours)
		}
	})
	t.Run("comes in pages", func(t *testing.T) {
		seen := map[uuid.UUID]bool{}
		var before time.Time
		var beforeID uuid.UUID
		for range 3 {
			page, err := h.Notifications(t.Context(), h.actor, before, beforeID, 1)
			if err != nil || len(page) != 1 {
				t.Fatal(page, err)
			}
			seen[page[0].ID], before, beforeID = true, page[0].CreatedAt, page[0].ID
		}
		if len(seen) != 3 {
			t.Fatalf("%v", seen)
		}
	})
}
