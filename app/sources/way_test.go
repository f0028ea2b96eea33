package sources_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"levqor/app/apptest"
	"levqor/jobs/drill/drilltest"
	"levqor/jobs/secret"
	"levqor/jobs/source"
	"levqor/jobs/source/postgres"
	"levqor/jobs/task"
	"levqor/jobs/vault"
	"levqor/workers"
)

// idOf is the id at the end of where an answer leads.
func idOf(t *testing.T, a apptest.Answer, under string) uuid.UUID {
	t.Helper()
	id, err := uuid.Parse(strings.TrimPrefix(a.Location(), under))
	if a.Status != 303 || err != nil {
		t.Fatalf("%d %s: %s", a.Status, a.Location(), a.Body)
	}
	return id
}

// TestTheWayOfTheSample goes from nothing to a copy as somebody does on the
// first day.
func TestTheWayOfTheSample(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	_, server, password := drilltest.Shop(t, "way_of_the_sample", 1)
	h.Services.Sources.OfferSample(source.SampleServer{Host: server.Host, Port: server.Port, User: server.User, Password: secret.Text(password),
		Rows: 3000, URL: fmt.Sprintf("postgres://%s:%s@%s:%d/postgres", server.User, password, server.Host, server.Port)})
	_, setup, err := h.Services.Vaults.Create(t.Context(), h.Actor, vault.Input{Name: "Attic", Kind: vault.Filesystem})
	if err != nil {
		t.Fatal(err)
	}
	h.Work(workers.Run)
	h.Await(setup)
	has(t, h.Owner.Get("/sources"), 200, "Add source", "Try it with a sample database")

	test := idOf(t, h.Owner.Post("/sources/sample"), "/source-tests/")
	again := idOf(t, h.Owner.Post("/sources/sample"), "/source-tests/")
	if again != test {
		t.Error("two presses made two samples")
	}
	if done := h.Await(test); done.State != task.Succeeded {
		t.Fatal(done.FailureKey)
	}
	found, err := h.Services.Sources.List(t.Context(), h.Actor)
	if err != nil || len(found) != 1 {
		t.Fatal(err, found)
	}
	page := "/sources/" + found[0].ID.String()
	has(t, h.Owner.Get("/source-tests/"+test.String()), 200, "Go on to the plan", page+"/plans/new", "The role can read all 4 tables", "1 database, 4 tables")
	has(t, h.Owner.Get(page), 200, "It has no plan yet")

	form := h.Owner.Get(page + "/plans/new")
	has(t, form, 200, "every 6 hours", "Attic", "every Sunday at 04:00", "Next runs, in UTC time")
	vaults, err := h.Services.Vaults.List(t.Context(), h.Actor)
	if err != nil {
		t.Fatal(err)
	}
	backup := idOf(t, h.Owner.Post(page+"/plans", "schedule", "interval", "every_minutes", "360", "time_zone", "UTC", "vault_id", vaults[0].ID.String(),
		"rpo_minutes", "360", "rto_minutes", "720", "proof", "", "keep.all_days", "2", "keep.daily_days", "30",
		"assert_name", "Orders", "assert_database", "", "assert_query", "SELECT count(*) > 0 FROM orders"), "/backups/")
	running := h.Owner.Get(page)
	has(t, running, 200, "Backed up every 6 hours into Attic")
	if done := h.Await(backup); done.State != task.Succeeded {
		t.Fatal(done.FailureKey)
	}
	has(t, h.Owner.Get(page), 200, "RPO: newest copy", "objective 6 h", "In time", "/backups/"+backup.String(), "Prove it now", "Restore")
	has(t, h.Owner.Get("/sources"), 200, "sample-shop")
}

func TestATestNamesWhatFailsAndItsMend(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	h.Work(workers.Run)
	server, config, _ := drilltest.Shop(t, "crm", 10)
	server.SQL(t, "postgres", `CREATE ROLE narrow LOGIN PASSWORD 'right-password'`)
	t.Cleanup(func() { server.SQL(t, "postgres", `DROP ROLE narrow`) })
	add := func(t *testing.T, name, password string) (page, test apptest.Answer) {
		t.Helper()
		id := idOf(t, h.Owner.Post("/sources", "kind", "postgres", "name", name, "host", config.Host, "port", fmt.Sprint(config.Port), "user", "narrow",
			"tls", postgres.TLSDisable, "databases", "crm", "password", password), "/source-tests/")
		if done := h.Await(id); done.State != task.Failed {
			t.Fatal(done.State)
		}
		of := h.Services.Sources
		found, err := of.GetTest(t.Context(), h.Actor, id)
		if err != nil {
			t.Fatal(err)
		}
		return h.Owner.Get("/sources/" + found.SourceID.String()), h.Owner.Get("/source-tests/" + id.String())
	}
	t.Run("a wrong password fails the login, and no step after it is tried", func(t *testing.T) {
		page, test := add(t, "wrong", "wrong-password")
		has(t, test, 200, "1 step failed", "The server refused the user or the password.", "Check user and password", "Test again", "Change access", "Not tried yet")
		if strings.Contains(test.Body, "wrong-password") || strings.Contains(test.Body, "Go on to the plan") {
			t.Error("it shows the password, or leads on")
		}
		has(t, page, 200, "Never reached", "The server refused the user or the password.", "See the test")
	})
	t.Run("what a role may not read is named, with the SQL that mends it", func(t *testing.T) {
		_, test := add(t, "narrow", "right-password")
		has(t, test, 200, "The role can’t read", "crm.public.orders", "GRANT pg_read_all_data TO narrow;", "leave these", "exclude=crm.public.customers%0Acrm.public.orders")
	})
}
