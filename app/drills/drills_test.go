package drills_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"levqor/app/apptest"
	"levqor/jobs/account"
	"levqor/jobs/drill"
	"levqor/jobs/drill/drilltest"
	"levqor/jobs/secret"
	"levqor/jobs/source"
	"levqor/jobs/source/folder"
	"levqor/jobs/task"
	"levqor/workers"
)

// house has one proven database in it.
func house(t *testing.T, name string, asserts ...source.Assertion) (*apptest.House, apptest.Protected) {
	t.Helper()
	t.Parallel()
	h := apptest.New(t)
	_, config, password := drilltest.Shop(t, name, 200)
	h.Work(workers.Run)
	return h, h.Protect(source.Input{Name: name, Kind: source.Postgres, Config: source.Config{Postgres: &config}, Secret: secret.Text(password)}, asserts...)
}

func has(t *testing.T, a apptest.Answer, status int, texts ...string) {
	t.Helper()
	if a.Status != status {
		t.Fatalf("%d, want %d: %s", a.Status, status, a.Body)
	}
	for _, text := range texts {
		if !strings.Contains(a.Body, text) {
			t.Errorf("%q is not in %s", text, a.Body)
		}
	}
}

func lacks(t *testing.T, a apptest.Answer, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(a.Body, text) {
			t.Errorf("%q is in %s", text, a.Body)
		}
	}
}

// drillOf is the drill that an answer leads to.
func drillOf(t *testing.T, a apptest.Answer) uuid.UUID {
	t.Helper()
	id, err := uuid.Parse(strings.TrimPrefix(a.Location(), "/drills/"))
	if a.Status != 303 || err != nil {
		t.Fatalf("%d %s: %s", a.Status, a.Location(), a.Body)
	}
	return id
}

func TestAProof(t *testing.T) {
	h, p := house(t, "proof_shop", source.Assertion{Name: "Orders are there", Database: "proof_shop", Query: "select count(*) = 200 from orders"})
	page := "/drills/" + p.Drill.String()
	viewer, operator := h.Member(account.RoleViewer), h.Member(account.RoleOperator)

	t.Run("says what was proven, to viewers too", func(t *testing.T) {
		has(t, viewer.Get(page), 200, "Proof of restore", "PROVEN", "checks passed.", "Orders are there", "levqor verify-proof prf_", "SHA256:", "300", "Met,", page+"/proof.json")
	})
	t.Run("is handed out as the file that anybody can verify", func(t *testing.T) {
		file := viewer.Get(page + "/proof.json")
		if got := file.Header.Get("Content-Disposition"); got != `attachment; filename="`+drill.ProofID(p.Drill)+`.json"` {
			t.Error(got)
		}
		keys, err := h.Services.Drills.Keys(t.Context(), h.Actor)
		if err != nil {
			t.Fatal(err)
		}
		facts, err := drill.VerifyFile([]byte(file.Body), keys)
		if err != nil || !facts.Document.Passed || !facts.Trusted || facts.Document.Source.Name != "proof_shop" {
			t.Fatalf("%+v, %v", facts, err)
		}
		changed := strings.Replace(file.Body, `"proof_shop"`, `"another"`, 1)
		if _, err := drill.VerifyFile([]byte(changed), keys); err == nil {
			t.Error("a changed proof verifies")
		}
	})
	t.Run("is not believed once its row was changed", func(t *testing.T) {
		lacks(t, h.Owner.Get(page), "Not valid")
		h.Exec(`UPDATE drills SET proof = jsonb_set(proof, '{document}', to_jsonb(replace(proof ->> 'document', 'proof_shop', 'forged'))) WHERE id = $1`, p.Drill)
		has(t, h.Owner.Get(page), 200, "Not valid: after it was signed, this was changed in it")
		h.Exec(`UPDATE drills SET proof = jsonb_set(proof, '{document}', to_jsonb(replace(proof ->> 'document', 'forged', 'proof_shop'))) WHERE id = $1`, p.Drill)
		lacks(t, h.Owner.Get(page), "Not valid")
	})
	t.Run("stands in the list, which narrows", func(t *testing.T) {
		has(t, viewer.Get("/drills"), 200, page, "Proven")
		has(t, viewer.Get("/drills?result=proven&source="+p.Source.String()), 200, page)
		lacks(t, viewer.Get("/drills?result=failed"), page)
		has(t, viewer.Get("/drills?result=failed"), 200, "No proof like that")
	})
	t.Run("is not ordered by a viewer", func(t *testing.T) {
		lacks(t, viewer.Get(page), "Prove it again")
		lacks(t, viewer.Get("/drills"), "Prove all now")
		for _, path := range []string{"/drills", "/plans/" + p.Plan.String() + "/drills", "/snapshots/" + p.Snapshot.String() + "/drills"} {
			if got := viewer.Post(path).Status; got != 403 {
				t.Errorf("%s: %d", path, got)
			}
		}
	})
	t.Run("is ordered by an operator, one at a time", func(t *testing.T) {
		h.Exec(`UPDATE plans SET assertions = '[{"name": "Far too many", "database": "proof_shop", "query": "select count(*) > 9000 from orders"}]' WHERE id = $1`, p.Plan)
		has(t, operator.Get(page), 200, "Prove it again")
		id := drillOf(t, operator.Post("/snapshots/"+p.Snapshot.String()+"/drills"))
		if busy := operator.Post("/plans/" + p.Plan.String() + "/drills"); busy.Status != 409 && busy.Status != 303 {
			t.Error(busy.Status)
		}
		has(t, operator.Get("/drills/"+id.String()), 200)
		if done := h.Await(id); done.State != task.Succeeded {
			t.Fatalf("%+v", done)
		}
		failed := operator.Get("/drills/" + id.String())
		has(t, failed, 200, "FAILED", "1 of", "Far too many", "False", "What to do", "The copy is sound", page)
		lacks(t, failed, "PROVEN")
		has(t, operator.Get("/drills?result=failed"), 200, id.String())
	})
	t.Run("is another workspace's business nowhere", func(t *testing.T) {
		for _, path := range []string{page, page + "/proof.json", "/drills/not-an-id", "/drills?source=" + p.Source.String(), "/drills?source=x"} {
			if got := h.Stranger.Get(path).Status; got != 404 {
				t.Errorf("%s: %d", path, got)
			}
		}
		for _, path := range []string{"/plans/" + p.Plan.String() + "/drills", "/snapshots/" + p.Snapshot.String() + "/drills"} {
			if got := h.Stranger.Post(path).Status; got != 404 {
				t.Errorf("%s: %d", path, got)
			}
		}
		lacks(t, h.Stranger.Get("/drills"), page)
	})
}

func TestADrillAtWork(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	past := drilltest.New(t, h.Services.DB, h.Actor, "waiting", h.Services.Clock.Now().Add(-48*time.Hour))
	past.Backup(h.Services.Clock.Now().Add(-time.Hour), 1000)

	t.Run("starts for every source that has a copy", func(t *testing.T) {
		if got := h.Owner.Post("/drills"); got.Status != 303 || got.Location() != "/drills" {
			t.Fatalf("%d %s", got.Status, got.Location())
		}
		has(t, h.Owner.Get("/drills"), 200, "1 proof is on its way", "Queued")
		h.Owner.Post("/drills")
		has(t, h.Owner.Get("/drills"), 200, "Nothing to start")
	})
	found, err := h.Services.Drills.List(t.Context(), h.Actor, drill.Filter{Limit: 5})
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	page := "/drills/" + found[0].ID.String()
	t.Run("is followed while it waits and runs", func(t *testing.T) {
		answer := h.Owner.Get(page)
		has(t, answer, 200, "Drill of", "hx-get=\""+page+"\"", "task-"+found[0].ID.String()+" from:#live", "/tasks/"+found[0].ID.String()+"/cancellations")
		part := h.Owner.Fragment(page)
		has(t, part, 200, `id="drill"`)
		lacks(t, part, "<html")
		if got := h.Owner.Get(page + "/proof.json").Status; got != 404 {
			t.Errorf("a drill that is not over has a proof: %d", got)
		}
	})
	t.Run("can be called off", func(t *testing.T) {
		if got := h.Owner.Post("/tasks/" + found[0].ID.String() + "/cancellations").Status; got != 303 {
			t.Fatal(got)
		}
		has(t, h.Owner.Get(page), 200, "Cancelled", "Prove it again")
	})
	t.Run("that could not find out leaves no proof, and says so", func(t *testing.T) {
		id := past.FailedDrill(h.Services.Clock.Now(), "quota", "drill.fail.no_scratch")
		has(t, h.Owner.Get("/drills/"+id.String()), 200, "no room to restore this copy", "neither a good one nor a bad one")
		has(t, h.Owner.Get("/drills"), 200, "Could not run")
	})
	t.Run("has pages when there are many", func(t *testing.T) {
		for i := range 52 {
			past.Drill(h.Services.Clock.Now().Add(-time.Duration(i+1)*time.Hour), true)
		}
		first := h.Owner.Get("/drills")
		has(t, first, 200, "Older")
		_, rest, _ := strings.Cut(first.Body, "/drills?before=")
		cursor, _, _ := strings.Cut(rest, `"`)
		has(t, h.Owner.Get("/drills?before="+cursor), 200, "Newest")
	})
}

func TestAProofOfFiles(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	h.Work(workers.Run)
	from := filepath.Join(h.Root, "papers")
	if err := os.MkdirAll(from, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a.txt", "b.txt"} {
		if err := os.WriteFile(filepath.Join(from, name), []byte("text of "+name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := h.Protect(source.Input{Name: `papers <i>"1"</i>`, Kind: source.Folder, Config: source.Config{Folder: &folder.Config{Path: from}}})
	page := h.Owner.Get("/drills/" + p.Drill.String())
	has(t, page, 200, "PROVEN", "papers &lt;i&gt;", "2 files", "Number of files", "a scratch folder, removed afterwards", "was restored in full")
	var proof drill.Proof
	if err := json.Unmarshal([]byte(h.Owner.Get("/drills/"+p.Drill.String()+"/proof.json").Body), &proof); err != nil || proof.KeyID == "" {
		t.Fatal(err)
	}
}
