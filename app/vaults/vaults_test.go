package vaults_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"levqor/app/apptest"
	"levqor/jobs/account"
)

// addVault makes one through the form and returns the address of its page.
func addVault(t *testing.T, h *apptest.House, name string) string {
	t.Helper()
	answer := h.Owner.Post("/vaults", "kind", "filesystem", "name", name)
	if answer.Status != 303 || !strings.HasPrefix(answer.Location(), "/vaults/") {
		t.Fatalf("%d %s\n%s", answer.Status, answer.Location(), answer.Body)
	}
	return answer.Location()
}

func has(t *testing.T, answer apptest.Answer, status int, pieces ...string) {
	t.Helper()
	if answer.Status != status {
		t.Errorf("answered %d, not %d: %.300s", answer.Status, status, answer.Body)
	}
	for _, piece := range pieces {
		if !strings.Contains(answer.Body, piece) {
			t.Errorf("%q is not in the page", piece)
		}
	}
}

func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	page := addVault(t, h, "Attic")
	viewer, operator := h.Member(account.RoleViewer), h.Member(account.RoleOperator)
	t.Run("a viewer sees vaults and can't change them", func(t *testing.T) {
		has(t, viewer.Get("/vaults"), 200, "Attic")
		for _, button := range []string{"/vaults/new", "/settings", "/recovery-kit", "/upkeeps"} {
			if body := viewer.Get(page).Body; strings.Contains(body, page+button) {
				t.Errorf("a viewer is offered %s", button)
			}
		}
		for _, path := range []string{"/vaults/new", page + "/settings", page + "/recovery-kit"} {
			has(t, viewer.Get(path), 403)
		}
		for _, path := range []string{"/vaults", page, page + "/deletions", page + "/recovery-kits", page + "/setups", page + "/upkeeps"} {
			has(t, viewer.Post(path, "name", "Cellar", "kind", "filesystem", "revision", "1", "confirm", "Attic"), 403)
		}
	})
	t.Run("an operator can't have the kit or the settings", func(t *testing.T) {
		has(t, operator.Get(page+"/settings"), 403)
		has(t, operator.Post(page+"/recovery-kits"), 403)
		has(t, operator.Post(page+"/setups"), 403)
	})
	t.Run("another workspace's vault is not there", func(t *testing.T) {
		task := "/vault-tasks/" + taskOf(t, h, page).String()
		has(t, h.Owner.Get(task), 200, "Vault set-up")
		for _, path := range []string{page, page + "/settings", page + "/recovery-kit", task} {
			has(t, h.Stranger.Get(path), 404)
		}
		for _, path := range []string{page, page + "/deletions", page + "/recovery-kits", page + "/setups", page + "/upkeeps"} {
			has(t, h.Stranger.Post(path, "revision", "1", "confirm", "Attic"), 404)
		}
		if strings.Contains(h.Stranger.Get("/vaults").Body, "Attic") {
			t.Error("the list tells of it")
		}
	})
	t.Run("an id that is none is not there", func(t *testing.T) {
		has(t, h.Owner.Get("/vaults/attic"), 404)
		has(t, h.Owner.Get("/vault-tasks/"+uuid.NewString()), 404)
	})
}

func TestForms(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	page := addVault(t, h, "Attic")
	t.Run("a folder outside of the allowed ones is refused at its field", func(t *testing.T) {
		answer := h.Owner.Post("/vaults", "kind", "filesystem", "name", "Cellar", "path", "/etc/levqor")
		has(t, answer, 422, `id="f-path-error"`, h.Root, `value="Cellar"`, `value="/etc/levqor"`)
	})
	t.Run("a place that another vault uses is refused at its field", func(t *testing.T) {
		inside := filepath.Join(h.Root, "copies")
		if answer := h.Owner.Post("/vaults", "kind", "filesystem", "name", "Copies", "path", inside); answer.Status != 303 {
			t.Fatal(answer.Status, answer.Body)
		}
		has(t, h.Owner.Post("/vaults", "kind", "filesystem", "name", "Again", "path", inside), 409, `id="f-path-error"`)
		has(t, h.Stranger.Post("/vaults", "kind", "filesystem", "name", "Mine", "path", filepath.Join(inside, "deeper")), 409, `id="f-path-error"`)
	})
	t.Run("a name that is taken is refused at its field", func(t *testing.T) {
		has(t, h.Owner.Post("/vaults", "kind", "filesystem", "name", "attic"), 409, `id="f-name-error"`)
	})
	t.Run("a bucket's secret never comes back", func(t *testing.T) {
		const secretKey = "wJalrXUtnFEMI-not-for-pages"
		bucket := []string{"kind", "s3", "endpoint", "http://127.0.0.1:1", "bucket", "copies", "access_key", "AKIAEXAMPLE", "secret_key", secretKey}
		refused := h.Owner.Post("/vaults", append(bucket, "name", "")...)
		has(t, refused, 422, `id="f-name-error"`, `value="AKIAEXAMPLE"`)
		made := h.Owner.Post("/vaults", append(bucket, "name", "Cloud")...)
		has(t, made, 303)
		changed := h.Owner.Post(made.Location(), "revision", "9", "name", "Cloud", "access_key", "AKIAEXAMPLE", "secret_key", secretKey)
		has(t, changed, 409)
		for _, body := range []string{refused.Body, changed.Body, h.Owner.Get(made.Location()).Body, h.Owner.Get(made.Location() + "/settings").Body} {
			if strings.Contains(body, secretKey) {
				t.Error("the secret is in a page")
			}
		}
	})
	t.Run("a new name is kept, an old revision is not", func(t *testing.T) {
		answer := h.Owner.Post(page, "revision", "1", "name", "Loft")
		if has(t, answer, 303); answer.Location() != page {
			t.Errorf("leads to %s", answer.Location())
		}
		has(t, h.Owner.Get(page), 200, "Loft was saved.", "<bdi>Loft</bdi>")
		has(t, h.Owner.Post(page, "revision", "1", "name", "Barn"), 409, `value="Barn"`)
	})
	t.Run("only its typed name removes a vault", func(t *testing.T) {
		has(t, h.Owner.Post(page+"/deletions", "confirm", "Attic"), 422, `id="delete-vault-confirm-error"`)
		h.Exec(`UPDATE tasks SET state = 'canceled', finished_at = now() WHERE kind = 'vault_setup'`)
		has(t, h.Owner.Post(page+"/deletions", "confirm", "Loft"), 303)
		has(t, h.Owner.Get("/vaults"), 200, "Loft was removed from Levqor.")
		has(t, h.Owner.Get(page), 404)
	})
}

func TestTheRecoveryKit(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	page := addVault(t, h, "Attic & co")
	downloads := func() int64 {
		return h.Count(`SELECT count(*) FROM audit_events WHERE action = 'vault.kit_downloaded'`)
	}
	t.Run("asks who you are first", func(t *testing.T) {
		h.Exec(`UPDATE sessions SET stepped_up_at = now() - interval '11 minutes'`)
		answer := h.Owner.Post(page + "/recovery-kits")
		if answer.Status != 303 || !strings.HasPrefix(answer.Location(), "/confirm?next=") || strings.Contains(answer.Body, "kopia") {
			t.Errorf("%d %s", answer.Status, answer.Location())
		}
		if downloads() != 0 || h.Count(`SELECT count(*) FROM vaults WHERE kit_downloaded_at IS NOT NULL`) != 0 {
			t.Error("it counts as downloaded")
		}
	})
	t.Run("is a file with the commands, audited, and known from then on", func(t *testing.T) {
		h.Exec(`UPDATE sessions SET stepped_up_at = now()`)
		answer := h.Owner.Post(page + "/recovery-kits")
		has(t, answer, 200, "Recovery kit of the vault Attic & co", "kopia repository connect filesystem --path="+h.DataDir, "--password=",
			"kopia snapshot list --all", "kopia snapshot restore SNAPSHOT-ID restored", "kopia snapshot verify",
			"What is in the vault.")
		if got := answer.Header.Get("Content-Disposition"); got != `attachment; filename="levqor-recovery-kit-attic---co.txt"` {
			t.Error(got)
		}
		if got := answer.Header.Get("Content-Type") + answer.Header.Get("Cache-Control"); got != "text/plain; charset=utf-8no-store" {
			t.Error(got)
		}
		if downloads() != 1 {
			t.Errorf("%d audit events", downloads())
		}
		has(t, h.Owner.Get(page+"/recovery-kit"), 200, "Last downloaded")
		if strings.Contains(h.Owner.Get("/vaults").Body, "Not downloaded") {
			t.Error("the list does not know")
		}
	})
	t.Run("is not handed out by a look", func(t *testing.T) {
		if body := h.Owner.Get(page + "/recovery-kit").Body; strings.Contains(body, "--password=") {
			t.Error("the page has the password")
		}
	})
}

func taskOf(t *testing.T, h *apptest.House, page string) uuid.UUID {
	t.Helper()
	found, err := h.Services.Vaults.Get(t.Context(), h.Actor, uuid.MustParse(strings.TrimPrefix(page, "/vaults/")))
	if err != nil || found.Task == nil {
		t.Fatal(err)
	}
	return found.Task.ID
}
