package overview_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/alert"
	"levqor/jobs/clock"
	"levqor/jobs/db"
	"levqor/jobs/db/dbtest"
	"levqor/jobs/drill"
	"levqor/jobs/drill/drilltest"
	"levqor/jobs/fail"
	"levqor/jobs/overview"
)

const hour = time.Hour

func TestHome(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	c := &clock.Clock{}
	c.Shift(time.Until(time.Now().Truncate(24 * hour).Add(36 * hour))) // noon: minutes ago is today
	o := overview.New(d, c)
	actor := dbtest.Workspace(t, d)
	now := c.Now()
	ago := func(d time.Duration) time.Time { return now.Add(-d) }

	shop := drilltest.New(t, d, actor, "shop-db", ago(40*24*hour))
	shop.Backup(ago(35*24*hour), 100)
	shop.Backup(ago(50*hour), 110)
	shop.Backup(ago(hour), 120)
	shop.Drill(ago(50*hour), true)
	accounting := drilltest.New(t, d, actor, "accounting", ago(9*24*hour))
	accounting.Backup(ago(30*hour), 7)
	accounting.Drill(ago(29*hour), true)
	accounting.FailedBackup(ago(2*time.Minute), "credentials", "postgres.fail.login")
	drilltest.New(t, d, actor, "office-share", ago(hour)).Set("paused_at", ago(time.Minute))
	hurt(t, d, shop, ago(hour))

	t.Run("is refused to who is no member", func(t *testing.T) {
		_, err := o.Home(t.Context(), account.Actor{Kind: account.KindPerson, Workspace: actor.Workspace})
		if !fail.Is(err, fail.Forbidden) {
			t.Fatal(err)
		}
	})
	t.Run("shows nothing of another workspace", func(t *testing.T) {
		home, err := o.Home(t.Context(), dbtest.Workspace(t, d))
		if err != nil || home.Sentence.Total != 0 || len(home.Sources) != 0 || len(home.Needs) != 0 || home.Stored != 0 || home.Protected[overview.Days-1] != 0 {
			t.Fatalf("%+v, %v", home, err)
		}
	})

	home, err := o.Home(t.Context(), actor)
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]overview.Source{}
	for _, s := range home.Sources {
		byName[s.Name] = s
	}
	t.Run("says what is proven and what needs someone", func(t *testing.T) {
		s := home.Sentence
		if s.Total != 3 || s.Proven != 1 || len(s.Attention) != 1 || s.Attention[0] != "accounting" || s.OnTime || s.OldestProof == nil {
			t.Fatalf("%+v", s)
		}
		if byName["shop-db"].Protection != drill.Proven || byName["accounting"].Protection != drill.CopyOld || byName["office-share"].Protection != drill.NoCopy {
			t.Fatalf("%+v", byName)
		}
	})
	t.Run("tells of a damaged vault", func(t *testing.T) {
		vaults := 0
		for _, n := range home.Needs {
			if n.Kind == string(alert.VaultDamaged) && n.Name == "vault of shop-db" && n.Path == "/vaults/"+shop.VaultID.String() {
				vaults++
			}
		}
		if vaults != 1 {
			t.Errorf("%d damaged vaults", vaults)
		}
	})
	t.Run("counts the same needs for every page", func(t *testing.T) {
		waiting, err := o.Waiting(t.Context(), actor)
		if err != nil || waiting != len(home.Needs) || waiting == 0 {
			t.Errorf("%d, the page lists %d: %v", waiting, len(home.Needs), err)
		}
		if nothing, err := o.Waiting(t.Context(), dbtest.Workspace(t, d)); err != nil || nothing != 0 {
			t.Errorf("%d in an empty workspace: %v", nothing, err)
		}
	})
	t.Run("draws thirty local days", func(t *testing.T) {
		days := func(name string) []overview.DayState { return byName[name].Days }
		for name := range byName {
			if len(days(name)) != overview.Days {
				t.Fatalf("%s has %d days", name, len(days(name)))
			}
		}
		if last := days("accounting")[overview.Days-1]; last != overview.DayFailed {
			t.Errorf("accounting today: %s", last)
		}
		if first := days("shop-db")[0]; first != overview.DayNone {
			t.Errorf("shop-db a month ago: %s", first)
		}
		if last := days("office-share")[overview.Days-1]; last != overview.DayPaused {
			t.Errorf("office-share today: %s", last)
		}
		proven := 0
		for _, s := range days("shop-db") {
			if s == overview.DayProven {
				proven++
			}
		}
		if proven != 1 {
			t.Errorf("shop-db: %v", days("shop-db"))
		}
	})
	t.Run("sums the newest copies of each day", func(t *testing.T) {
		if home.Protected[0] != 100 || home.Protected[overview.Days-1] != 127 || home.Stored != 3000 {
			t.Fatalf("%v, stored %d", home.Protected, home.Stored)
		}
	})
	t.Run("lists what comes next, paused plans apart", func(t *testing.T) {
		if len(home.Next) != 2 || home.Next[0].Name != "shop-db" {
			t.Fatalf("%+v", home.Next)
		}
	})
	t.Run("asks for the kits and ticks what is done", func(t *testing.T) {
		kits := 0
		for _, n := range home.Needs {
			if n.Kind == overview.NeedKit {
				kits++
			}
		}
		done := map[string]bool{}
		for _, s := range home.Setup {
			done[s.Name] = s.Done
		}
		if kits != 3 || !done["source"] || !done["backup"] || !done["proof"] || done["kit"] || done["person"] {
			t.Fatalf("kits %d, %v", kits, done)
		}
	})
}

// hurt is the alert that a vault is damaged.
func hurt(t *testing.T, d *db.DB, s *drilltest.History, at time.Time) {
	t.Helper()
	err := d.InWorkspace(t.Context(), s.Actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO alerts (id, workspace_id, vault_id, kind, failure_key, opened_at, last_at)
			VALUES ($1, $2, $3, $4, 'vault.fail.damage_found', $5, $5)`, db.NewID(), s.Actor.Workspace, s.VaultID, alert.VaultDamaged, at)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestSearch(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	o := overview.New(d, &clock.Clock{})
	actor, other := dbtest.Workspace(t, d), dbtest.Workspace(t, d)
	shop := drilltest.New(t, d, actor, "Shop 100%_db", time.Now())
	_, snapshot := shop.Backup(time.Now().Add(-time.Hour), 5)
	names := func(f overview.Found) (out []string) {
		for _, a := range f.Actions {
			if a.Subject != "" {
				out = append(out, a.Name)
			}
		}
		return out
	}
	t.Run("finds nothing of another workspace", func(t *testing.T) {
		for _, q := range []string{"shop", snapshot.String()} {
			if f, err := o.Search(t.Context(), other, q); err != nil || len(f.Things) != 0 || len(names(f)) != 0 {
				t.Fatalf("%s: %+v, %v", q, f, err)
			}
		}
	})
	t.Run("offers a viewer nothing to do", func(t *testing.T) {
		viewer := actor
		viewer.Role = account.RoleViewer
		if f, err := o.Search(t.Context(), viewer, "shop"); err != nil || len(f.Actions) != 0 || len(f.Things) == 0 {
			t.Fatalf("%+v, %v", f, err)
		}
	})
	t.Run("takes its signs as letters", func(t *testing.T) {
		if f, _ := o.Search(t.Context(), actor, "%"); len(f.Things) != 3 {
			t.Fatalf("%+v", f.Things)
		}
		if f, _ := o.Search(t.Context(), actor, "x%"); len(f.Things) != 0 {
			t.Fatalf("%+v", f.Things)
		}
	})
	t.Run("offers what can be done with a source", func(t *testing.T) {
		f, err := o.Search(t.Context(), actor, " SHOP ")
		if got := names(f); err != nil || len(got) != 3 {
			t.Fatalf("%v, %v", got, err)
		}
	})
	t.Run("finds a snapshot by a part of its id", func(t *testing.T) {
		f, err := o.Search(t.Context(), actor, snapshot.String()[24:])
		if err != nil || len(f.Things) != 1 || f.Things[0].ID != snapshot {
			t.Fatalf("%+v, %v", f, err)
		}
	})
}

func TestSourceFacts(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	c := &clock.Clock{}
	o := overview.New(d, c)
	actor := dbtest.Workspace(t, d)
	now := c.Now()
	shop := drilltest.New(t, d, actor, "shop-db", now.Add(-400*hour))
	shop.Backup(now.Add(-2*hour), 480)
	shop.Drill(now.Add(-hour), true)
	t.Run("refuses", func(t *testing.T) {
		for name, c := range map[string]struct {
			actor account.Actor
			kind  fail.Kind
		}{
			"another workspace": {dbtest.Workspace(t, d), fail.NotFound},
			"nobody":            {account.Actor{Kind: account.KindPerson, Workspace: actor.Workspace}, fail.Forbidden},
		} {
			if _, err := o.SourceFacts(t.Context(), c.actor, shop.SourceID); !fail.Is(err, c.kind) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := o.SourceFacts(t.Context(), actor, db.NewID()); !fail.Is(err, fail.NotFound) {
			t.Errorf("unknown: %v", err)
		}
	})
	t.Run("measures against the objectives", func(t *testing.T) {
		f, err := o.SourceFacts(t.Context(), actor, shop.SourceID)
		if err != nil || !f.RPOMet || f.RPO != 6*hour || f.Restore == nil || *f.Restore != 221*time.Second || !f.RTOMet ||
			f.Good != 10 || f.Checks != 10 || !f.Passed || f.Bytes != 480 || f.Grown() != 480 || f.Protection != drill.Proven ||
			len(f.Days) != overview.Days || !slices.Contains(f.Days[overview.Days-2:], overview.DayProven) {
			t.Fatalf("%+v, %v", f, err)
		}
	})
	t.Run("takes no time from a drill that failed", func(t *testing.T) {
		shop.Drill(now.Add(-time.Minute), false)
		f, err := o.SourceFacts(t.Context(), actor, shop.SourceID)
		if err != nil || f.Restore != nil || f.RTOMet || f.Protection != drill.ProofFailed {
			t.Fatalf("%+v, %v", f, err)
		}
	})
}
