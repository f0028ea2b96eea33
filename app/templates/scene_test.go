package templates_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"levqor/app/apptest"
	"levqor/jobs/backup"
	"levqor/jobs/config"
	"levqor/jobs/source"
	"levqor/jobs/source/folder"
	"levqor/jobs/task"
	"levqor/jobs/vault"
	"levqor/jobs/workflow"
	"levqor/jobs/workflow/template"
)

// shop is a house with one vault and an AI service, in which templates are used in turn.
type shop struct {
	*apptest.House
	vault uuid.UUID
	model *web
}

func newShop(t *testing.T) *shop {
	model := newWeb(t)
	h := apptest.New(t, func(c *config.Config) { c.AIURL, c.AIModel = model.address, "small" })
	go h.Services.Live.Run(t.Context(), h.Services.DB.Pool())
	id, setup, err := h.Services.Vaults.Create(t.Context(), h.Actor, vault.Input{Name: "Vault", Kind: vault.Filesystem})
	must(t, err)
	must(t, h.Services.Vaults.PerformSetup(t.Context(), setup))
	return &shop{House: h, vault: id, model: model}
}

// scene is one template in use: what it works on, the world around it, and time.
type scene struct {
	*shop
	t        *testing.T
	web      *web
	workflow uuid.UUID
	source   uuid.UUID
	plan     uuid.UUID
	second   uuid.UUID // another source's plan
	dir      string    // of the source

	afterBackup func() // what happens to the world between a backup and what follows
}

// member is somebody of the workspace: a mail to them needs nobody's leave.
const member = "olive@example.com"

// open fills in the template's form, as the owner does in the gallery, and
// publishes the draft.
func (s *shop) open(t *testing.T, one template.Template, answers map[string]string) *scene {
	t.Helper()
	n := &scene{shop: s, t: t, web: newWeb(t)}
	n.source, n.plan, n.dir = n.protect("first", 40)
	if slices.ContainsFunc(one.Needs, func(need template.Need) bool { return need.Name == "second" }) {
		_, n.second, _ = n.protect("second", 10)
	}
	name := one.ID + " " + uuid.NewString()[:8]
	form := []string{"name", name}
	for _, need := range one.Needs {
		form = append(form, need.Name, n.answer(need, answers))
	}
	made := s.Owner.Post("/templates/"+one.ID, form...)
	if made.Status != http.StatusSeeOther {
		t.Fatalf("the form is not taken: %d\n%s", made.Status, made.Body)
	}
	n.workflow = uuid.MustParse(strings.TrimPrefix(made.Location(), "/workflows/"))
	if _, err := s.Services.Workflows.Publish(t.Context(), s.Actor, n.workflow, 1, ""); err != nil {
		t.Fatalf("it can't be published: %v", err)
	}
	t.Cleanup(n.close)
	return n
}

// answer is what the owner types or picks; an address is on this test's own server.
func (s *scene) answer(need template.Need, answers map[string]string) string {
	given, ok := answers[need.Name]
	switch {
	case need.Type == "url":
		return s.web.address + given
	case ok:
		return given
	case need.Name == "second":
		return s.second.String()
	case need.Type == "plan":
		return s.plan.String()
	case need.Type == "source":
		return s.source.String()
	case need.Type == "email":
		return member
	default:
		return "" // its default counts
	}
}

func (s *scene) close() {
	must(s.t, s.Services.Workflows.Delete(context.Background(), s.Actor, s.workflow))
	s.Exec(`UPDATE plans SET deleted_at = now() WHERE workspace_id = $1`, s.Actor.Workspace)
	s.Exec(`DELETE FROM alerts`)
	s.Exec(`DELETE FROM river_job`)
	s.Services.Clock.Shift(0)
}

// protect adds a source of some kilobytes with a plan.
func (s *scene) protect(name string, kilobytes int) (sourceID, plan uuid.UUID, dir string) {
	s.t.Helper()
	dir = filepath.Join(s.Root, uuid.NewString())
	s.write(dir, kilobytes)
	sourceID, test, err := s.Services.Sources.Create(s.t.Context(), s.Actor, source.Input{Name: name + " " + filepath.Base(dir)[:8], Kind: source.Folder,
		Config: source.Config{Folder: &folder.Config{Path: dir}}})
	must(s.t, err)
	must(s.t, s.Services.Sources.PerformTest(s.t.Context(), test))
	in := backup.Defaults("UTC")
	in.SourceID, in.VaultID = sourceID, s.vault
	plan, err = s.Services.Backups.CreatePlan(s.t.Context(), s.Actor, in)
	must(s.t, err)
	return sourceID, plan, dir
}

func (s *scene) write(dir string, kilobytes int) {
	s.t.Helper()
	must(s.t, os.MkdirAll(dir, 0o755))
	must(s.t, os.WriteFile(filepath.Join(dir, "orders.csv"), []byte(strings.Repeat("x", kilobytes<<10)), 0o644))
}

// backUp does what somebody's click does, and what follows from it.
func (s *scene) backUp() {
	s.t.Helper()
	_, err := s.Services.Backups.Start(s.t.Context(), s.Actor, s.plan)
	must(s.t, err)
	s.settle()
}

// prove is a restore test that somebody asks for.
func (s *scene) prove() {
	s.t.Helper()
	_, err := s.Services.Drills.Start(s.t.Context(), s.Actor, s.plan)
	must(s.t, err)
	s.settle()
}

// spoil makes the newest copies ones that don't restore to what was captured.
func (s *scene) spoil() {
	s.Exec(`UPDATE snapshots SET truth = replace(truth::text, '"files": 1', '"files": 3')::jsonb WHERE source_id = $1`, s.source)
}

// settle does what workers would do, until all rests.
func (s *scene) settle() {
	s.t.Helper()
	for {
		s.Advance()
		queued := s.queued()
		if len(queued) == 0 {
			return
		}
		for _, one := range queued {
			s.perform(one)
		}
	}
}

func (s *scene) queued() (found []task.Task) {
	s.t.Helper()
	for _, id := range rowsOf[uuid.UUID](s, `SELECT id FROM tasks WHERE state = 'queued' AND kind IN ('ai_call', 'backup', 'drill') ORDER BY id`) {
		one, err := task.ByID(s.t.Context(), s.Services.DB, id)
		must(s.t, err)
		found = append(found, one)
	}
	return found
}

func (s *scene) perform(one task.Task) {
	s.t.Helper()
	switch one.Kind {
	case task.AICall:
		must(s.t, s.Services.Assist.Perform(s.t.Context(), one.ID))
	case task.Drill:
		must(s.t, s.Services.Drills.Perform(s.t.Context(), one.ID))
	default:
		must(s.t, s.Services.Backups.Perform(s.t.Context(), one.ID))
		if s.afterBackup != nil {
			s.afterBackup()
		}
	}
	ended, err := task.ByID(s.t.Context(), s.Services.DB, one.ID)
	must(s.t, err)
	must(s.t, s.Services.Workflows.FollowTask(s.t.Context(), ended))
}

// pass lets time go by, and the sweep see it.
func (s *scene) pass(d time.Duration) {
	s.t.Helper()
	s.Services.Clock.Shift(s.Services.Clock.Offset() + d)
	must(s.t, s.Services.Workflows.Engine().Sweep(s.t.Context()))
	s.settle()
}

// strike lets the hour of the schedule come.
func (s *scene) strike() {
	s.t.Helper()
	next := rowsOf[time.Time](s, `SELECT next_at FROM workflow_triggers WHERE workflow_id = $1`, s.workflow)[0]
	s.Services.Clock.Shift(time.Until(next) + time.Second)
	must(s.t, s.Services.Workflows.SweepSchedules(s.t.Context()))
	s.settle()
}

// start is a person's click.
func (s *scene) start(input any) {
	s.t.Helper()
	_, err := s.Services.Workflows.Start(s.t.Context(), s.Actor, s.workflow, input)
	must(s.t, err)
	s.settle()
}

// call is another system's, at the workflow's own address; the runs that it starts
// are worked on while it waits.
func (s *scene) call(kind, body string) apptest.Answer {
	s.t.Helper()
	token, err := s.Services.Workflows.Address(s.t.Context(), s.Actor, s.workflow)
	must(s.t, err)
	mac := hmac.New(sha256.New, []byte(workflow.SigningKey(token)))
	mac.Write([]byte(body))
	request := httptest.NewRequest(http.MethodPost, "/hooks/"+token, strings.NewReader(body))
	request.Header.Set("Content-Type", kind)
	request.Header.Set("X-Levqor-Signature", hex.EncodeToString(mac.Sum(nil)))
	got := make(chan apptest.Answer, 1)
	go func() { got <- s.Do(request) }()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case answer := <-got:
			s.settle()
			return answer
		case <-tick.C:
			s.settle()
		}
	}
}

func (s *scene) sendJSON(body string) apptest.Answer { return s.call("application/json", body) }

// fillIn is what somebody without an account does at the workflow's public page.
func (s *scene) fillIn(answers ...string) apptest.Answer {
	s.t.Helper()
	token, err := s.Services.Workflows.Address(s.t.Context(), s.Actor, s.workflow)
	must(s.t, err)
	got := s.Anonymous().Post("/forms/"+token, answers...)
	s.settle()
	return got
}

// thinks is what the AI service says to the next questions; nothing: it is away.
func (s *scene) thinks(text string) {
	if text == "" {
		s.model.say("/chat/completions", http.StatusBadRequest, map[string]any{})
		return
	}
	s.model.say("/chat/completions", http.StatusOK, map[string]any{
		"choices": []any{map[string]any{"message": map[string]any{"role": "assistant", "content": text}, "finish_reason": "stop"}},
		"usage":   map[string]any{"total_tokens": 9}})
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
