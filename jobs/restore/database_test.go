package restore_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"levqor/jobs/drill/drilltest"
	"levqor/jobs/restore"
	"levqor/jobs/secret"
	"levqor/jobs/task"
)

func TestIntoANewDatabase(t *testing.T) {
	s := newShop(t, "beside")
	t.Run("says first what will happen", func(t *testing.T) {
		sum, err := s.restores.Check(t.Context(), s.Actor, s.to("beside_2"))
		if err != nil || sum.Problem != nil || *sum.Rows != 3100 || sum.Tables != 2 || len(sum.Places) != 1 || !*sum.Places[0].Free || sum.LostSince != nil || sum.Expected != nil {
			t.Fatalf("%+v, %v", sum, err)
		}
		sum, err = s.restores.Check(t.Context(), s.Actor, s.to("postgres_not_free"))
		if err != nil || sum.Problem != nil {
			t.Fatalf("%+v, %v", sum, err)
		}
	})
	t.Run("brings back everything, and nothing else changes", func(t *testing.T) {
		found := perform(t, s.House, s.restores, s.to("beside_2"))
		s.Done(found.ID)
		if found.Result.Rows != 3100 || found.Result.Tables != 2 || found.Result.Names[s.name] != "beside_2" || len(found.Result.Kept) != 0 {
			t.Fatalf("%+v", found.Result)
		}
		if n := drilltest.Ask[int](t, s.server, "beside_2", `SELECT count(*) FROM orders JOIN customers c ON c.id = customer`); n != 3000 {
			t.Fatalf("%d orders", n)
		}
		if n := drilltest.Ask[int](t, s.server, "beside_2", `SELECT count(*) FROM totals`); n != 100 {
			t.Fatalf("%d totals", n)
		}
	})
	t.Run("refuses a name that is taken, and leaves it alone", func(t *testing.T) {
		sum, err := s.restores.Check(t.Context(), s.Actor, s.to("beside_2"))
		if err != nil || sum.Problem == nil || *sum.Places[0].Free {
			t.Fatalf("%+v, %v", sum, err)
		}
		found := perform(t, s.House, s.restores, s.to("beside_2"))
		if found.State != task.Failed || found.FailureKey != "postgres.fail.name_taken" {
			t.Fatalf("%+v", found.Task)
		}
		if n := drilltest.Ask[int](t, s.server, "beside_2", `SELECT count(*) FROM orders`); n != 3000 {
			t.Fatalf("%d orders", n)
		}
	})
	t.Run("brings back a single table", func(t *testing.T) {
		in := s.to("beside_3")
		in.Paths = []string{restore.Table{Database: s.name, Schema: "public", Name: "customers"}.Path()}
		found := perform(t, s.House, s.restores, in)
		s.Done(found.ID)
		if found.Result.Rows != 100 {
			t.Fatalf("%+v", found.Result)
		}
	})
	t.Run("names it by itself, on a typed address", func(t *testing.T) {
		spec, err := s.Sources.Reach(t.Context(), s.Actor.Workspace, s.source)
		if err != nil {
			t.Fatal(err)
		}
		c := spec.Config.Postgres
		found := perform(t, s.House, s.restores, restore.Input{SnapshotID: s.snapshot, Kind: restore.Database,
			Server: &restore.Server{Host: c.Host, Port: c.Port, User: c.User, Password: secret.Text(c.Password), TLS: c.TLS}})
		s.Done(found.ID)
		name := restore.NewName(s.name, s.Clock.Now())
		if found.Result.Names[s.name] != name || !slices.Contains(s.databases(t), name) {
			t.Fatalf("%+v", found.Result)
		}
		var leaks int
		s.Row(`SELECT count(*) FROM restores WHERE target::text LIKE '%' || $1 || '%' OR sealed_secret IS NOT NULL`, c.Password).To(&leaks)
		if leaks != 0 {
			t.Fatal("the password is in the row")
		}
	})
	t.Run("is taken up again after its worker was killed", func(t *testing.T) {
		id, err := s.restores.Start(t.Context(), s.Actor, s.to("beside_5"))
		if err != nil {
			t.Fatal(err)
		}
		s.Exec(`UPDATE tasks SET state = 'running', epoch = 1, attempt = 1 WHERE id = $1`, id)
		s.server.SQL(t, "postgres", `CREATE DATABASE "beside_5_restoring_`+id.String()[24:]+`_1"`)
		if err := s.restores.Perform(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		s.Done(id)
		for _, name := range s.databases(t) {
			if strings.Contains(name, "restoring") {
				t.Fatalf("%s was left", name)
			}
		}
	})
	t.Run("leaves nothing of a restore that was canceled", func(t *testing.T) {
		before := s.databases(t)
		id, err := s.restores.Start(t.Context(), s.Actor, s.to("beside_4"))
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- s.restores.Perform(t.Context(), id) }()
		for s.Task(id).State != task.Running {
			select {
			case err := <-done:
				t.Fatal("over before it could be canceled", err)
			case <-time.After(time.Millisecond):
			}
		}
		if err := s.Tasks.Cancel(t.Context(), s.Actor, id); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		switch found := s.Task(id); found.State {
		case task.Canceled:
			if after := s.databases(t); !slices.Equal(before, after) {
				t.Fatalf("before %v, after %v", before, after)
			}
		case task.Succeeded: // it was faster than the cancel
		default:
			t.Fatalf("%+v", found)
		}
	})
}

func TestOverLiveData(t *testing.T) {
	s := newShop(t, "overlive")
	s.server.SQL(t, s.name, `DELETE FROM orders WHERE id > 10; UPDATE orders SET note = 'newer'`)
	in := restore.Input{SnapshotID: s.snapshot, Kind: restore.Database, OverLive: true, Confirm: s.name}
	sum, err := s.restores.Check(t.Context(), s.Actor, in)
	if err != nil || sum.LostSince == nil || !sum.UndoKept || sum.Problem != nil || *sum.Places[0].Free {
		t.Fatalf("%+v, %v", sum, err)
	}
	found := perform(t, s.House, s.restores, in)
	s.Done(found.ID)
	kept := found.Result.Kept[s.name]
	if kept == "" || found.Result.Rows != 3100 {
		t.Fatalf("%+v", found.Result)
	}
	if live, old := drilltest.Ask[int](t, s.server, s.name, `SELECT count(*) FROM orders`), drilltest.Ask[int](t, s.server, kept, `SELECT count(*) FROM orders WHERE note = 'newer'`); live != 3000 || old != 10 {
		t.Fatalf("live %d, kept %d", live, old)
	}
}
