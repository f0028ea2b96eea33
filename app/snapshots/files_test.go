package snapshots_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"levqor/app/apptest"
	"levqor/jobs/account"
	"levqor/jobs/source"
	"levqor/workers"
)

// papers are files with names that are not easy.
func papers() map[string]string {
	files := map[string]string{
		"README.md":                        "# Papers\n<script>alert(1)</script>\n",
		"docs/Jahresabschluß & Co.txt":     "Summe: 12,50\n",
		"docs/日本語.txt":                     "こんにちは\n",
		"docs/caf\xe9.txt":                 "latin one",
		"docs/2026/10:30 report.csv":       "a,b\n",
		"docs/2026/deep/er/and/deeper.txt": "deep\n",
		"docs/back\\slash.txt":             "windows\n",
		"pictures/photo.bin":               "\x00\x01\x02" + strings.Repeat("\xff", 5000),
		"empty.txt":                        "",
	}
	for i := range 150 {
		files[fmt.Sprintf("many/%03d.txt", i)] = fmt.Sprint("number ", i)
	}
	return files
}

func TestFiles(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	h.Work(workers.Run)
	s := newShelf(t, h, nil, source.Input{})
	s.fill(papers())
	must(t, os.MkdirAll(filepath.Join(s.dir, "nothing"), 0o755))
	must(t, os.Symlink("../../../etc/passwd", filepath.Join(s.dir, "docs", "link")))
	page, _ := s.backUp()
	viewer := h.Member(account.RoleViewer)
	t.Run("what is outside of the snapshot is not there", func(t *testing.T) {
		for _, path := range []string{"../../etc/passwd", "/etc/passwd", "..%2F..%2Fetc%2Fpasswd", "docs/link/passwd", "docs/../../x", "README.md/x", "nothing/here"} {
			for _, at := range []string{"/files?path=", "/files/download?path=", "/download.zip?path=", "/files?file="} {
				if answer := h.Owner.Get(page + at + path); answer.Status != 404 {
					t.Errorf("%s%s: %d", at, path, answer.Status)
				}
			}
		}
	})
	t.Run("a folder is listed by name, a page at a time, without our own list", func(t *testing.T) {
		root := viewer.Get(page + "/files")
		has(t, root, 200, "README.md", ">docs<", "pictures", "nothing", "empty.txt")
		lacks(t, root, ".levqor-files")
		first := viewer.Get(page + "/files?path=many")
		has(t, first, 200, "000.txt", "099.txt", "after=099.txt&amp;path=many")
		lacks(t, first, "100.txt")
		second := viewer.Get(page + "/files?path=many&after=099.txt")
		has(t, second, 200, "100.txt", "149.txt", "From the beginning")
		lacks(t, second, "099.txt<", "Go on")
		has(t, viewer.Get(page+"/files?path=nothing"), 200, "This folder is empty")
	})
	t.Run("names of every kind are shown, and those that are no UTF-8 readably", func(t *testing.T) {
		has(t, viewer.Get(page+"/files?path=docs"), 200, "Jahresabschluß &amp; Co.txt", "日本語.txt", `caf\xE9.txt`, `back\slash.txt`)
	})
	t.Run("a search finds in every folder below", func(t *testing.T) {
		found := viewer.Get(page + "/files?q=DEEPER")
		has(t, found, 200, "1 match.", "deeper.txt", "docs/2026/deep/er/and")
		has(t, viewer.Get(page+"/files?path=many&q=deeper"), 200, "Nothing has that name")
		lacks(t, viewer.Get(page+"/files?q=levqor"), ".levqor-files")
	})
	t.Run("text is shown as text, other things are not", func(t *testing.T) {
		text := viewer.Get(page + "/files?file=README.md")
		has(t, text, 200, "# Papers\n&lt;script&gt;")
		lacks(t, text, "<script>alert")
		has(t, viewer.Get(page+"/files?path=pictures&file=pictures/photo.bin"), 200, "Only text can be shown here.", "5\u00a0kB")
		has(t, viewer.Get(page+"/files?path=docs&file=docs/link"), 200, "../../../etc/passwd")
	})
	t.Run("a file comes byte for byte, in parts too", func(t *testing.T) {
		photo := papers()["pictures/photo.bin"]
		whole := viewer.Get(page + "/files/download?path=pictures/photo.bin")
		if whole.Body != photo || whole.Header.Get("Content-Length") != "5003" {
			t.Errorf("%d bytes of %d", len(whole.Body), len(photo))
		}
		part := ranged(viewer, page+"/files/download?path=pictures/photo.bin", "bytes=1-3")
		if part.Status != 206 || part.Body != photo[1:4] || part.Header.Get("Content-Range") != "bytes 1-3/5003" {
			t.Errorf("%d %q %s", part.Status, part.Body, part.Header.Get("Content-Range"))
		}
		if empty := viewer.Get(page + "/files/download?path=empty.txt"); empty.Status != 200 || empty.Body != "" {
			t.Errorf("an empty file: %d %q", empty.Status, empty.Body)
		}
		named := viewer.Get(page + "/files/download?path=docs/%E6%97%A5%E6%9C%AC%E8%AA%9E.txt")
		if got := named.Header.Get("Content-Disposition"); got != `attachment; filename="___.txt"; filename*=UTF-8''%E6%97%A5%E6%9C%AC%E8%AA%9E.txt` {
			t.Error(got)
		}
		if kind := named.Header.Get("Content-Type"); strings.Contains(kind, "html") {
			t.Error(kind)
		}
	})
	t.Run("a folder is nothing to download as a file", func(t *testing.T) {
		has(t, viewer.Get(page+"/files/download?path=docs"), 404)
	})
	t.Run("each download is in the log once", func(t *testing.T) {
		count := func() int64 { return h.Count(`SELECT count(*) FROM audit_events WHERE action = 'snapshot.downloaded'`) }
		before := count()
		viewer.Get(page + "/files/download?path=README.md")
		if n := count() - before; n != 1 {
			t.Errorf("a file: %d events", n)
		}
		viewer.Get(page + "/download.zip?path=many")
		if n := count() - before; n != 2 {
			t.Errorf("and a zip: %d events", n)
		}
		h.Owner.Get(page + "/files/download?path=not-there")
		if n := count() - before; n != 2 {
			t.Errorf("and what is not there: %d events", n)
		}
		detail := s.reads(`SELECT detail::text FROM audit_events WHERE action = 'snapshot.downloaded' ORDER BY id DESC LIMIT 1`)
		if !strings.Contains(detail, `"many"`) {
			t.Error(detail)
		}
	})
}

func TestZip(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	h.Work(workers.Run)
	s := newShelf(t, h, nil, source.Input{})
	s.fill(papers())
	must(t, os.Symlink("../../../etc/passwd", filepath.Join(s.dir, "docs", "link")))
	page, _ := s.backUp()
	t.Run("everything comes, byte for byte, under names that are safe anywhere", func(t *testing.T) {
		answer := h.Owner.Get(page + "/download.zip")
		if name := answer.Header.Get("Content-Disposition"); answer.Status != 200 || !strings.Contains(name, `attachment; filename="papers-`) || !strings.Contains(name, ".zip") {
			t.Fatal(answer.Status, name)
		}
		got := unzip(t, answer.Body)
		want := map[string]string{"docs/link.link.txt": "../../../etc/passwd\n"}
		for name, content := range papers() {
			want[strings.NewReplacer("\xe9", "%E9", ":", "%3A", `\`, "%5C").Replace(name)] = content
		}
		for name, content := range want {
			if got[name] != content {
				t.Errorf("%s: %d bytes, want %d", name, len(got[name]), len(content))
			}
			delete(got, name)
		}
		if len(got) > 0 {
			t.Errorf("and also %v", got)
		}
	})
	t.Run("a selection comes alone, and nothing twice", func(t *testing.T) {
		answer := h.Owner.Post(page+"/download.zip", "path", "docs/2026", "path", "README.md", "path", "docs/2026/deep", "path", "docs/2026/deep/er/and/deeper.txt")
		got := unzip(t, answer.Body)
		names := slices.Sorted(func(yield func(string) bool) {
			for name := range got {
				if !yield(name) {
					return
				}
			}
		})
		if !slices.Equal(names, []string{"README.md", "docs/2026/10%3A30 report.csv", "docs/2026/deep/er/and/deeper.txt"}) {
			t.Error(names)
		}
	})
	t.Run("a form in which nothing was ticked is refused", func(t *testing.T) {
		has(t, h.Owner.Post(page+"/download.zip"), 422, "Nothing was chosen.", "Tick files or folders first.")
	})
	t.Run("a zip of a vault that lost its data breaks off, and is no zip", func(t *testing.T) {
		base := h.Serve()
		loseData(t, filepath.Join(h.DataDir, "vaults", s.vault.String()))
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+page+"/download.zip?path=pictures", nil)
		must(t, err)
		req.AddCookie(&http.Cookie{Name: "levqor_session", Value: h.Owner.Cookie("levqor_session")})
		answer, err := (&http.Client{Timeout: time.Minute}).Do(req)
		if err != nil {
			return // cut before the first byte: as good
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if _, zipErr := zip.NewReader(bytes.NewReader(body), int64(len(body))); answer.StatusCode == 200 && err == nil || zipErr == nil {
			t.Errorf("%d, %d bytes, ended with %v, as a zip: %v", answer.StatusCode, len(body), err, zipErr)
		}
		has(t, h.Owner.Get(page+"/files/download?path=pictures/photo.bin"), 502)
	})
}

// unzip reads the files of a zip and checks that each stays where it is unpacked.
func unzip(t *testing.T, body string) map[string]string {
	t.Helper()
	r, err := zip.NewReader(strings.NewReader(body), int64(len(body)))
	must(t, err)
	files := map[string]string{}
	for _, f := range r.File {
		if !filepath.IsLocal(f.Name) {
			t.Errorf("%q leads out of its folder", f.Name)
		}
		if f.Mode().IsDir() {
			continue
		}
		if _, twice := files[f.Name]; twice || !f.Mode().IsRegular() {
			t.Errorf("%s comes twice or is %s", f.Name, f.Mode())
		}
		in, err := f.Open()
		must(t, err)
		content, err := io.ReadAll(in)
		must(t, err)
		files[f.Name] = string(content)
	}
	return files
}

// loseData removes what holds the contents of files, and leaves the rest.
func loseData(t *testing.T, dir string) {
	t.Helper()
	lost := 0
	must(t, filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if rel, relErr := filepath.Rel(dir, path); err == nil && relErr == nil && !e.IsDir() && strings.HasPrefix(rel, "p") {
			lost++
			return os.Remove(path)
		}
		return err
	}))
	if lost == 0 {
		t.Fatal("the vault has no packs")
	}
}
