package snapshots_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/app/apptest"
	"levqor/jobs/backup"
	"levqor/jobs/source"
	"levqor/jobs/source/folder"
	"levqor/jobs/task"
	"levqor/jobs/vault"
)

// shelf is a source with a plan and the vault that it goes into.
type shelf struct {
	*apptest.House
	t     *testing.T
	vault uuid.UUID
	plan  uuid.UUID
	dir   string // of a folder's shelf
}

// newShelf needs a house at work. A nil config is a folder of its own.
func newShelf(t *testing.T, h *apptest.House, config *source.Config, secret source.Input) *shelf {
	t.Helper()
	ctx, s := t.Context(), &shelf{House: h, t: t, dir: filepath.Join(h.Root, "files")}
	in := secret
	in.Name = "papers"
	if config == nil {
		must(t, os.MkdirAll(s.dir, 0o755))
		in.Kind, config = source.Folder, &source.Config{Folder: &folder.Config{Path: s.dir}}
	}
	in.Config = *config
	id, setup, err := h.Services.Vaults.Create(ctx, h.Actor, vault.Input{Name: "Attic", Kind: vault.Filesystem})
	must(t, err)
	s.vault = id
	h.Await(setup)
	from, test, err := h.Services.Sources.Create(ctx, h.Actor, in)
	must(t, err)
	h.Await(test)
	p := backup.Defaults("UTC")
	p.SourceID, p.VaultID, p.DrillCron = from, s.vault, ""
	s.plan, err = h.Services.Backups.CreatePlan(ctx, h.Actor, p)
	must(t, err)
	return s
}

// fill writes files by their path.
func (s *shelf) fill(files map[string]string) {
	s.t.Helper()
	for name, content := range files {
		at := filepath.Join(s.dir, name)
		must(s.t, os.MkdirAll(filepath.Dir(at), 0o755))
		must(s.t, os.WriteFile(at, []byte(content), 0o644))
	}
}

// backUp makes a snapshot and returns the address of its page.
func (s *shelf) backUp() (page string, id uuid.UUID) {
	s.t.Helper()
	run, err := s.Services.Backups.Start(s.t.Context(), s.Actor, s.plan)
	must(s.t, err)
	if done := s.Await(run); done.State != task.Succeeded {
		s.t.Fatalf("%s: %s %v", done.State, done.FailureKey, done.FailureArgs)
	}
	found, err := s.Services.Backups.Get(s.t.Context(), s.Actor, run)
	must(s.t, err)
	return "/snapshots/" + found.SnapshotID.String(), *found.SnapshotID
}

// reads a text from our own database.
func (s *shelf) reads(sql string, args ...any) (text string) {
	s.t.Helper()
	must(s.t, s.Services.DB.AsSystem(s.t.Context(), func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, sql, args...).Scan(&text)
	}))
	return text
}

// ranged asks for a part of a file.
func ranged(p *apptest.Person, path, part string) apptest.Answer {
	req := httptest.NewRequest(http.MethodGet, path, nil)
	req.Header.Set("Range", part)
	return p.Do(req)
}

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

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
