package backup

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"levqor/jobs/account"
	"levqor/jobs/fail"
	"levqor/jobs/vault/kopia"
)

// Archive is a zip of a snapshot, or of some of its paths, that is made while it
// is read: nothing is kept on disk.
type Archive struct {
	Name     string // of the file to save
	repo     *kopia.Repository
	release  func()
	snapshot Snapshot
	paths    []string
	lost     []string // of a copy that is not sound: what can't be read and is left out
	doubt    func(context.Context, error) error
}

// OpenArchive checks that the paths are there (none: everything) and opens the
// vault; the caller closes. Needs View. NotFound for a path that is not there.
// The download is in the audit log from then on.
func (b *Backups) OpenArchive(ctx context.Context, actor account.Actor, id uuid.UUID, paths []string) (*Archive, error) {
	repo, release, s, err := b.open(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	a := &Archive{Name: archiveName(s), repo: repo, release: release, snapshot: s, paths: outermost(paths), doubt: b.doubting(actor, s)}
	for _, p := range a.paths {
		if _, err := repo.Stat(ctx, s.ManifestID, p); err != nil {
			return nil, errors.Join(err, a.Close(ctx))
		}
	}
	if err := b.recordDownload(ctx, actor, s, a.paths); err != nil {
		return nil, errors.Join(err, a.Close(ctx))
	}
	return a, nil
}

// outermost leaves out what another path holds already: nothing comes twice.
func outermost(paths []string) []string {
	if len(paths) == 0 {
		return []string{""}
	}
	clean := make([]string, len(paths))
	for i, p := range paths {
		clean[i] = cleanPath(p)
	}
	slices.SortFunc(clean, func(a, b string) int { return slices.Compare(strings.Split(a, "/"), strings.Split(b, "/")) })
	var kept []string
	for _, p := range clean {
		if len(kept) > 0 {
			last := kept[len(kept)-1]
			if last == "" || p == last || strings.HasPrefix(p, last+"/") {
				continue
			}
		}
		kept = append(kept, p)
	}
	return kept
}

// Close lets go of the vault.
func (a *Archive) Close(context.Context) error { a.release(); return nil }

// WriteZip writes the zip. After an error what was written is no valid zip, so
// that nobody takes a part for the whole. Of a copy that is known not to be sound
// it holds what can be read, and a list of what can't.
func (a *Archive) WriteZip(ctx context.Context, w io.Writer) error {
	out := zip.NewWriter(w)
	for _, p := range a.paths {
		if err := a.addAll(ctx, out, p); err != nil {
			return a.doubt(ctx, err)
		}
	}
	if err := a.addLost(out); err != nil {
		return err
	}
	return out.Close()
}

func (a *Archive) addAll(ctx context.Context, out *zip.Writer, name string) error {
	add := func(e kopia.Entry) error { return a.add(ctx, out, e) }
	root, err := a.repo.Stat(ctx, a.snapshot.ManifestID, name)
	switch {
	case err != nil:
		return err
	case !root.Dir:
		return add(root)
	case a.snapshot.Health == Sound:
		return a.repo.Walk(ctx, a.snapshot.ManifestID, name, add)
	}
	return a.repo.WalkReadable(ctx, a.snapshot.ManifestID, name, add, func(e kopia.Entry) error {
		a.lost = append(a.lost, e.Path)
		return nil
	})
}

// lostName is the list of what is left out, in the zip.
const lostName = "LEFT-OUT.txt"

func (a *Archive) addLost(out *zip.Writer) error {
	if len(a.lost) == 0 {
		return nil
	}
	list, err := out.Create(lostName)
	if err != nil {
		return err
	}
	_, err = io.WriteString(list, strings.Join(a.lost, "\n")+"\n")
	return err
}

// unreadable reads a file of a copy that is not sound before it goes into the
// zip, where nothing can be taken back.
func (a *Archive) unreadable(ctx context.Context, e kopia.Entry) (bool, error) {
	if a.snapshot.Health == Sound {
		return false, nil
	}
	file, _, err := a.repo.OpenFile(ctx, a.snapshot.ManifestID, e.Path)
	if err == nil {
		_, err = io.Copy(io.Discard, file)
		_ = file.Close()
	}
	if fail.ClassOf(err) == fail.ClassDamaged {
		a.lost = append(a.lost, e.Path)
		return true, nil
	}
	return false, err
}

func (a *Archive) add(ctx context.Context, out *zip.Writer, e kopia.Entry) error {
	name := safeName(e.Path)
	if name == "" || isOwn(e.Path) || !e.Dir && e.Link == "" && !e.Mode.IsRegular() {
		return nil
	}
	header := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: e.Modified}
	header.SetMode(e.Mode.Perm())
	switch {
	case e.Dir:
		header.Name += "/"
		header.SetMode(e.Mode.Perm() | fs.ModeDir)
		_, err := out.CreateHeader(header)
		return err
	case e.Link != "":
		header.Name += ".link.txt" // a link could point out of the folder it is unpacked to: say where it pointed
		header.SetMode(0o644)
		entry, err := out.CreateHeader(header)
		if err != nil {
			return err
		}
		_, err = io.WriteString(entry, e.Link+"\n")
		return err
	}
	if gone, err := a.unreadable(ctx, e); gone || err != nil {
		return err
	}
	file, _, err := a.repo.OpenFile(ctx, a.snapshot.ManifestID, e.Path)
	if err != nil {
		return err
	}
	defer file.Close()
	entry, err := out.CreateHeader(header)
	if err != nil {
		return err
	}
	n, err := io.Copy(entry, file)
	if err == nil && n != e.Size {
		return io.ErrUnexpectedEOF
	}
	return err
}

// safeName keeps an entry inside of the folder that it is unpacked to, and its
// name readable, on any system: what a name can't hold everywhere (a colon, a
// backslash, a control sign, a byte that is no UTF-8) stands as %XX, and no two
// paths become one.
func safeName(name string) string {
	clean := strings.TrimPrefix(path.Clean("/"+kopia.DiskPath(name)), "/")
	var b strings.Builder
	for i := 0; i < len(clean); {
		r, n := utf8.DecodeRuneInString(clean[i:])
		bad := r == utf8.RuneError && n == 1
		if bad || r < ' ' || r == 0x7f || r == '\\' || r == ':' || r == '%' && looksEscaped(clean[i+1:]) {
			fmt.Fprintf(&b, "%%%02X", clean[i])
		} else {
			b.WriteString(clean[i : i+n])
		}
		i += n
	}
	return b.String()
}

// looksEscaped reports whether text goes on like the rest of an escape.
func looksEscaped(text string) bool {
	const hex = "0123456789ABCDEF"
	return len(text) >= 2 && strings.IndexByte(hex, text[0]) >= 0 && strings.IndexByte(hex, text[1]) >= 0
}

func archiveName(s Snapshot) string {
	keep := func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) || r < ' ' {
			return '-'
		}
		return r
	}
	return strings.Map(keep, s.SourceName) + "-" + s.TakenAt.Format("20060102-1504") + "-" + s.Short() + ".zip"
}
