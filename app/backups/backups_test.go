package backups_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"levqor/app/apptest"
	"levqor/jobs/account"
	"levqor/jobs/backup"
	"levqor/jobs/drill/drilltest"
	"levqor/jobs/source"
	"levqor/jobs/source/folder"
	"levqor/jobs/task"
	"levqor/jobs/vault"
	"levqor/workers"
)

func has(t *testing.T, answer apptest.Answer, status int, texts ...string) {
	t.Helper()
	if answer.Status != status {
		t.Errorf("answered %d, want %d", answer.Status, status)
	}
	for _, text := range texts {
		if !strings.Contains(answer.Body, text) {
			t.Errorf("the page lacks %q", text)
		}
	}
}

func lacks(t *testing.T, answer apptest.Answer, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(answer.Body, text) {
			t.Errorf("the page has %q", text)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// plan backs the house's one folder up into a new vault, once there are workers.
func plan(t *testing.T, h *apptest.House) (id uuid.UUID) {
	t.Helper()
	in := backup.Defaults("UTC")
	vaultID, setup, err := h.Services.Vaults.Create(t.Context(), h.Actor, vault.Input{Name: "Attic", Kind: vault.Filesystem})
	must(t, err)
	must(t, h.Services.Vaults.PerformSetup(t.Context(), setup))
	in.SourceID, _, err = h.Services.Sources.Create(t.Context(), h.Actor, source.Input{Name: "papers", Kind: source.Folder, Config: source.Config{Folder: &folder.Config{Path: h.Root}}})
	must(t, err)
	in.VaultID, in.DrillCron = vaultID, ""
	id, err = h.Services.Backups.CreatePlan(t.Context(), h.Actor, in)
	must(t, err)
	return id
}

func start(t *testing.T, h *apptest.House, plan uuid.UUID) (id uuid.UUID, page string) {
	t.Helper()
	id, err := h.Services.Backups.Start(t.Context(), h.Actor, plan)
	must(t, err)
	return id, "/backups/" + id.String()
}

func TestARunThatIsStopped(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	planID := plan(t, h)
	viewer, operator := h.Member(account.RoleViewer), h.Member(account.RoleOperator)
	id, page := start(t, h, planID)
	cancel := "/tasks/" + id.String() + "/cancellations"
	t.Run("one that waits says so, and follows its task", func(t *testing.T) {
		has(t, operator.Get(page), 200, "Backup of <bdi>papers</bdi>", "as soon as a worker is free", cancel, "topic=task-"+id.String(), `hx-get="/tasks/`+id.String()+`?items=files&amp;log=open"`)
	})
	t.Run("a viewer can't stop it, a stranger does not find it", func(t *testing.T) {
		lacks(t, viewer.Get(page), cancel)
		has(t, viewer.Post(cancel), 403)
		for _, answer := range []apptest.Answer{h.Stranger.Get(page), h.Stranger.Get("/tasks/" + id.String()), h.Stranger.Post(cancel)} {
			has(t, answer, 404)
		}
	})
	t.Run("stopping one that runs shows at once", func(t *testing.T) {
		h.Exec(`UPDATE tasks SET state = 'running', started_at = now(), phase = 'reading', current = 'a/<b>.txt', bytes_done = 640, bytes_total = 1000, rate = 10 WHERE id = $1`, id)
		has(t, operator.Get(page), 200, "64\u00a0%", "a/&lt;b&gt;.txt", "36\u00a0s left", "10\u00a0B/s", "You can close this page.")
		if answer := operator.Post(cancel); answer.Status != 303 {
			t.Fatal(answer.Status)
		}
		has(t, operator.Get(page), 200, "Stopping")
		has(t, operator.Fragment("/tasks/"+id.String()), 200, "Stopping")
	})
	t.Run("afterwards it says what that means, and how to go on", func(t *testing.T) {
		h.Exec(`UPDATE tasks SET state = 'canceled', finished_at = now() WHERE id = $1`, id)
		has(t, operator.Get(page), 200, "It was stopped, so it left no snapshot.", "/plans/"+planID.String()+"/backups", "Cancelled")
		if answer := operator.Fragment("/tasks/" + id.String()); answer.Header.Get("HX-Refresh") != "true" {
			t.Error("the page around the card is not told")
		}
		has(t, operator.Post(cancel), 409, "This is over already")
	})
	t.Run("one that waits is stopped at once", func(t *testing.T) {
		id, page := start(t, h, planID)
		if answer := operator.Post("/tasks/" + id.String() + "/cancellations"); answer.Status != 303 {
			t.Fatal(answer.Status)
		}
		has(t, operator.Get(page), 200, "It was stopped")
	})
}

func TestARunThatGoesWell(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	planID := plan(t, h)
	h.Work(workers.Run)
	first, page := start(t, h, planID)
	if done := h.Await(first); done.State != task.Succeeded {
		t.Fatal(done.FailureKey)
	}
	links := regexp.MustCompile(`/snapshots/[0-9a-f-]{36}`)
	snapshot := links.FindString(h.Owner.Get(page).Body)
	has(t, h.Owner.Get(page), 200, "What it left", "Open the snapshot", "Back up again", "0 files, 0 of them unchanged, 0 left out", "Done")
	has(t, h.Owner.Get(snapshot), 200)
	lacks(t, h.Owner.Get(page), "Against the copy")
	second, page := start(t, h, planID)
	h.Await(second)
	has(t, h.Owner.Get(page), 200, "Against the copy of", "last time", "as before")
	if link := links.FindString(h.Owner.Get(page).Body); link == "" || link == snapshot {
		t.Errorf("it leads to %q, and the first run to %q", link, snapshot)
	}
	t.Run("a viewer looks, and starts nothing", func(t *testing.T) {
		answer := h.Member(account.RoleViewer).Get(page)
		has(t, answer, 200, "What it left")
		lacks(t, answer, "Back up again")
	})
	t.Run("its plan may be gone", func(t *testing.T) {
		must(t, h.Services.Backups.DeletePlan(t.Context(), h.Actor, planID))
		has(t, h.Owner.Get(page), 200, "What it left")
		lacks(t, h.Owner.Get(page), "Back up again")
	})
}

func TestRunsThatFail(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	now := h.Services.Clock.Now()
	past := drilltest.New(t, h.Services.DB, h.Actor, "shop-db", now.AddDate(0, 0, -9))
	operator := h.Member(account.RoleOperator)
	for _, c := range []struct {
		class, key, chip, text, mend, operators string
	}{
		{"credentials", "source.fail.bucket_denied", "Access refused", "These keys are known", "/sources/" + past.SourceID.String() + "/settings", "/sources/" + past.SourceID.String() + "\""},
		{"gone", "source.fail.folder_gone", "Not there", "is not there.", "/sources/" + past.SourceID.String() + "/settings", "/sources/" + past.SourceID.String() + "\""},
		{"quota", "vault.fail.full", "No room", "", "/vaults/" + past.VaultID.String(), "/vaults/" + past.VaultID.String()},
		{"damaged", "vault.fail.damaged", "Damaged data", "", "/vaults/" + past.VaultID.String(), "/vaults/" + past.VaultID.String()},
	} {
		t.Run("it says what went wrong and leads to where it is mended: "+c.key, func(t *testing.T) {
			page := "/backups/" + past.FailedBackup(now.Add(-time.Hour), c.class, c.key).String()
			has(t, h.Owner.Get(page), 200, c.chip, c.text, `href="`+c.mend, "Back up again", "Earlier ones are untouched.")
			has(t, operator.Get(page), 200, `href="`+c.operators)
		})
	}
	t.Run("a fault that mends itself sends nobody anywhere", func(t *testing.T) {
		page := "/backups/" + past.FailedBackup(now.Add(-time.Hour), "transient", "source.fail.connection_lost").String()
		lacks(t, h.Owner.Get(page), "Open its access", "Open the vault")
	})
}

func TestList(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	t.Run("before the first run it says how one comes to be", func(t *testing.T) {
		has(t, h.Owner.Get("/backups"), 200, "Nothing was backed up yet", `href="/sources"`)
	})
	now := h.Services.Clock.Now()
	past := drilltest.New(t, h.Services.DB, h.Actor, "shop-db", now.AddDate(0, 0, -90))
	other := drilltest.New(t, h.Services.DB, h.Actor, "papers", now.AddDate(0, 0, -90))
	var want []string
	for i := range 120 {
		id, _ := past.Backup(now.Add(-time.Duration(i)*time.Hour), 1000)
		want = append(want, id.String())
	}
	failed := past.FailedBackup(now.Add(-200*time.Hour), "credentials", "source.fail.bucket_denied").String()
	alone, _ := other.Backup(now.Add(-300*time.Hour), 1)
	want = append(want, failed, alone.String())
	ids := regexp.MustCompile(`<th scope="row"><a href="/backups/([0-9a-f-]{36})"`)
	seen := func(page string) (found []string) {
		for _, match := range ids.FindAllStringSubmatch(page, -1) {
			found = append(found, match[1])
		}
		return found
	}
	t.Run("all pages together show each once, newest first", func(t *testing.T) {
		var all []string
		next := regexp.MustCompile(`href="(/backups\?[^"]*before=[^"]*)" rel="next"`)
		for at := "/backups"; at != ""; {
			answer := h.Owner.Get(at)
			has(t, answer, 200)
			all, at = append(all, seen(answer.Body)...), ""
			if match := next.FindStringSubmatch(answer.Body); match != nil {
				at = strings.ReplaceAll(match[1], "&amp;", "&")
			}
		}
		if !slices.Equal(all, want) {
			t.Errorf("%d of %d runs, or in another order", len(all), len(want))
		}
	})
	t.Run("it narrows by result and source", func(t *testing.T) {
		for query, want := range map[string][]string{
			"state=failed": {failed}, "source=" + other.SourceID.String(): {alone.String()}, "state=running": nil,
			"state=failed&source=" + other.SourceID.String(): nil, "state=nonsense": nil,
		} {
			if got := seen(h.Owner.Get("/backups?" + query).Body); !slices.Equal(got, want) {
				t.Errorf("%s: %v", query, got)
			}
		}
		has(t, h.Owner.Get("/backups?state=failed"), 200, "Access refused")
		has(t, h.Owner.Get("/backups?state=failed"), 200, `<input type="hidden" name="state" value="failed">`, ">Every source<", ">papers<")
		has(t, h.Owner.Get("/backups?state=running"), 200, "No run is like that", "Show all runs")
	})
	t.Run("it follows what runs", func(t *testing.T) {
		h.Exec(`UPDATE tasks SET state = 'running', finished_at = NULL, bytes_total = 100, bytes_done = 42 WHERE id = $1`, want[0])
		has(t, h.Owner.Get("/backups"), 200, "42\u00a0%", "topic=task-"+want[0], "task-"+want[0]+" from:#live throttle:2s", "data-running")
	})
	t.Run("nobody sees another workspace's", func(t *testing.T) {
		has(t, h.Stranger.Get("/backups"), 200, "Nothing was backed up yet")
		if got := seen(h.Stranger.Get("/backups?source=" + past.SourceID.String()).Body); got != nil {
			t.Error(got)
		}
		for _, id := range []string{want[0], uuid.NewString(), "x"} {
			has(t, h.Stranger.Get("/backups/"+id), 404)
		}
	})
}
