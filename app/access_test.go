package app_test

import (
	"crypto/rand"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"levqor/app/apptest"
	"levqor/jobs/account"
	"levqor/jobs/source"
	"levqor/jobs/source/folder"
	"levqor/workers"
)

// atUse is how long a right that was taken away may still be of use.
const atUse = 10 * time.Second

// held is everything that somebody may hold who had access: whatever opens a door
// without their signing in again.
type held struct {
	h          *apptest.House
	who        *apptest.Person
	id         string
	token      string // manage
	invitation string // path
	guest      *apptest.Person
	stream     io.ReadCloser
	page       io.ReadCloser // a download by the session
	program    io.ReadCloser // the same by the token
}

func hold(t *testing.T, h *apptest.House, base string, snapshot uuid.UUID) *held {
	t.Helper()
	got := &held{h: h, who: h.Member(account.RoleAdmin)}
	session, err := h.Services.Accounts.Authenticate(t.Context(), got.who.Cookie("levqor_session"))
	if err != nil {
		t.Fatal(err)
	}
	got.id = session.User.ID.String()
	made := got.who.Post("/settings/tokens", "name", "nightly", "scopes", "manage", "days", "0")
	got.token = regexp.MustCompile(`lvq_[0-9A-Za-z]{49}`).FindString(made.Body)
	guest := "guest-" + got.id[len(got.id)-6:] + "@acacia.example"
	got.who.Post("/settings/invitations", "email", guest, "role", "admin")
	kept, err := h.Services.Mails.Outbox(t.Context(), 1)
	if err != nil || kept[0].To != guest {
		t.Fatal("no invitation was mailed", err)
	}
	link, _ := kept[0].Args["link"].(string)
	got.invitation = strings.TrimPrefix(link, h.Services.Config.BaseURL)
	got.guest = h.SignIn(guest)
	get := func(path, token string) io.ReadCloser {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		} else {
			req.AddCookie(&http.Cookie{Name: "levqor_session", Value: got.who.Cookie("levqor_session")})
		}
		answer, err := (&http.Client{Transport: &http.Transport{}}).Do(req)
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Fatalf("%s: %v, %v", path, answer, err)
		}
		t.Cleanup(func() { answer.Body.Close() })
		return answer.Body
	}
	got.stream = get("/live?topic=backups", "")
	got.page = get("/snapshots/"+snapshot.String()+"/download.zip", "")
	got.program = get("/api/v1/snapshots/"+snapshot.String()+"/files/content?path=big.bin", got.token)
	return got
}

// ends reports whether the body breaks off or closes within atUse.
func ends(body io.ReadCloser) bool {
	over := make(chan error, 1)
	go func() {
		_, err := io.Copy(io.Discard, body)
		over <- err
	}()
	select {
	case <-over:
		return true
	case <-time.After(atUse):
		return false
	}
}

func (g *held) api(path string) int { return g.h.JSON(g.token, http.MethodGet, path, "").Status }

// TestAccessIsCheckedAtUse: whoever loses a right loses it everywhere, however he
// lost it, within seconds.
func TestAccessIsCheckedAtUse(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	h.Work(workers.Run)
	base := h.Serve()
	dir := filepath.Join(h.Root, "big")
	content := make([]byte, 48<<20) // more than sockets buffer
	_, _ = rand.Read(content)
	for _, err := range []error{os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, "big.bin"), content, 0o600)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	snapshot := h.Protect(source.Input{Name: "Big", Kind: source.Folder, Config: source.Config{Folder: &folder.Config{Path: dir}}}).Snapshot
	path := func(g *held, what string) string { return "/settings/members/" + g.id + "/" + what }
	for _, c := range []struct {
		how  string
		take func(g *held)
		out  bool // is no member any more
	}{
		{"removed by the owner", func(g *held) { h.Owner.Post(path(g, "removals")) }, true},
		{"left by himself", func(g *held) { g.who.Post(path(g, "removals")) }, true},
		{"gone without a word to this process", func(g *held) { h.Exec(`DELETE FROM members WHERE user_id = $1`, g.id) }, true},
		{"made a viewer", func(g *held) { h.Owner.Post(path(g, "roles"), "role", "viewer") }, false},
	} {
		g := hold(t, h, base, snapshot)
		t.Run(c.how, func(t *testing.T) {
			t.Parallel()
			if was := g.api("/api/v1/sources"); was != http.StatusOK {
				t.Fatalf("the token never worked: %d", was)
			}
			c.take(g)
			want := http.StatusOK
			if c.out {
				want = http.StatusUnauthorized
			}
			if got := g.api("/api/v1/sources"); got != want {
				t.Errorf("his token reads: %d, want %d", got, want)
			}
			if got := h.JSON(g.token, http.MethodPost, "/api/v1/sources", `{"name":"x","kind":"folder","folder":{"path":"`+dir+`"}}`).Status; got < 400 {
				t.Errorf("his token still manages: %d", got)
			}
			if got := g.guest.Post(g.invitation); got.Status != http.StatusNotFound {
				t.Errorf("whom he invited comes in: %d %s", got.Status, got.Location())
			}
			if c.out {
				if !ends(g.stream) || !ends(g.page) || !ends(g.program) {
					t.Error("his event stream or downloads go on")
				}
				if got := g.who.Get("/sources"); got.Status == http.StatusOK {
					t.Error("he still sees the sources")
				}
				return
			}
			if n, err := io.Copy(io.Discard, g.page); err != nil || n < int64(len(content)) {
				t.Errorf("a viewer's download broke off after %d: %v", n, err)
			}
		})
	}
	t.Run("the installation's own token is nobody's, and stays", func(t *testing.T) {
		if got := h.JSON(h.Token("manage"), http.MethodGet, "/api/v1/sources", "").Status; got != http.StatusOK {
			t.Errorf("%d", got)
		}
	})
}
