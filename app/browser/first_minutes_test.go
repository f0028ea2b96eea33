package browser_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// TestTheFirstMinutes is the way of a newcomer, from the printed link to a
// restored database, with a mouse and live pages, in two directions of writing.
func TestTheFirstMinutes(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]struct {
		language string
		width    int64
	}{"in English on a desk": {"", 1440}, "from right to left on a phone": {"ar-XB", 390}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStand(t)
			p := s.open(t, start.width, 900)
			p.signIn()
			if start.language != "" {
				p.speak(start.language)
			}
			p.addSample()
			p.backUp()
			p.findProof()
			p.browse()
			p.restore()
		})
	}
}

// speak sets the person's language.
func (p *page) speak(language string) {
	p.t.Helper()
	p.visit("/settings")
	p.choose("locale", language)
	p.click(`main form[action="/settings"] button[type="submit"]`)
	p.until("direction", `document.readyState === "complete" && document.documentElement.dir === "rtl"`)
	p.visit("/")
}

// addSample ends at the plan's form.
func (p *page) addSample() {
	p.t.Helper()
	p.accessible()
	p.click(`form[action="/sources/sample"] button`)
	p.at("/source-tests/")
	p.see(`main a[href$="/plans/new"]`)
	p.accessible()
	p.click(`main a[href$="/plans/new"]`)
	p.at("/sources/")
	p.accessible()
}

// backUp sends the plan and follows its first backup, without a reload, to its copy.
func (p *page) backUp() {
	p.t.Helper()
	p.click(`main form[action$="/plans"] button[type="submit"].btn-primary`)
	p.at("/backups/")
	p.see(`main a[href^="/snapshots/"]`)
	p.accessible()
}

// findProof waits on the first page for the proof that follows by itself, and
// checks the file offline.
func (p *page) findProof() {
	p.t.Helper()
	p.visit("/")
	p.see(`main a[href^="/drills/"], main a[href^="/sources/"]`)
	p.until("a proof", `(await (await fetch("/drills")).text()).includes("badge-success")`)
	p.accessible()
	p.visit("/drills")
	p.accessible()
	p.click(`main table a[href^="/drills/"]`)
	p.at("/drills/")
	p.see("main .proof")
	p.accessible()
	file := filepath.Join(p.t.TempDir(), "proof.json")
	must(p.t, os.WriteFile(file, []byte(p.ask(`await (await fetch(location.pathname + "/proof.json")).text()`)), 0o600))
	path, err := program()
	must(p.t, err)
	verdict, err := exec.Command(path, "verify-proof", file).CombinedOutput()
	if err != nil || !strings.Contains(string(verdict), "Valid") {
		p.t.Fatalf("verify-proof: %v: %s", err, verdict)
	}
}

// browse looks into the newest copy.
func (p *page) browse() {
	p.t.Helper()
	p.visit("/snapshots")
	p.accessible()
	p.click(`main table a[href^="/snapshots/"]`)
	p.at("/snapshots/")
	p.accessible()
	p.click(`main a[href$="/files"]`)
	p.until("files", `document.readyState === "complete" && location.pathname.endsWith("/files")`)
	p.accessible()
}

// restore brings the sample back beside itself, and counts its rows.
func (p *page) restore() {
	p.t.Helper()
	p.visit("/snapshots")
	p.click(`main table a[href^="/snapshots/"]`)
	p.click(`main a[href*="/restores/new"]`)
	p.until("form", `document.readyState === "complete" && location.pathname.endsWith("/restores/new")`)
	p.accessible()
	p.click(`main button[type="submit"].btn-primary`)
	p.until("summary or run", `document.readyState === "complete" && !location.pathname.endsWith("/restores/new")`)
	p.accessible()
	if !strings.HasPrefix(p.ask("location.pathname"), "/restores/") {
		p.click(`main form[action$="/restores"] button[type="submit"].btn-primary`)
	}
	p.at("/restores/")
	p.see(`main .badge-success`)
	p.accessible()
	if restored := p.stand.databases(p.t, "%restored%"); restored != 1 {
		p.t.Errorf("%d restored databases", restored)
	}
}

// databases counts those of the stand's own server whose name is like that.
func (s *stand) databases(t *testing.T, like string) (n int) {
	t.Helper()
	url, err := os.ReadFile(filepath.Join(s.dir, "database.url"))
	must(t, err)
	conn, err := pgx.Connect(t.Context(), string(url))
	must(t, err)
	defer conn.Close(t.Context())
	must(t, conn.QueryRow(t.Context(), `SELECT count(*) FROM pg_database WHERE datname LIKE $1`, like).Scan(&n))
	return n
}
