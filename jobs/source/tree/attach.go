package tree

import (
	"context"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"levqor/jobs/vault/kopia"
)

// What a restore to a disk could not bring back, each as a locale key with names.
const (
	NoteNotLinked = "source.note.not_linked"
	NoteNotMade   = "source.note.not_made"
	NoteNotSet    = "source.note.attributes_not_set"
)

// Attaching gives restored files what a snapshot's own format does not hold:
// hard links, pipes and devices, extended attributes and access lists.
type Attaching struct {
	Chosen  func(path string) bool // what is restored; nil: all
	Owners  bool                   // give pipes and devices their owner
	Live    bool                   // what is in the way may be replaced
	Partial bool                   // files that were left out are named elsewhere

	root *os.Root
	dirs map[string]int64 // modified, of all folders
	used map[string]bool  // folders whose time has to be set again
	left Leftovers
}

// Run goes through the list of files below dir, once all of them are restored.
// What can't be brought back is in the answer by name; an error is one of reading
// the list or of the folder itself.
func (a *Attaching) Run(ctx context.Context, dir string, list func(tell func(File) error) error) (left []Left, err error) {
	if a.root, err = os.OpenRoot(dir); err != nil {
		return nil, err
	}
	defer a.root.Close()
	a.dirs, a.used = map[string]int64{}, map[string]bool{}
	err = list(func(f File) error {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if f.Type == TypeDir {
			a.dirs[f.Path] = f.Modified
		}
		if f.Link == "" && f.Special == nil && f.Far == 0 && len(f.Attrs) == 0 || a.Chosen != nil && !a.Chosen(f.Path) {
			return nil
		}
		a.attach(f)
		return nil
	})
	if err != nil {
		return nil, err
	}
	a.setTimes()
	return a.left.Left(), nil
}

func (a *Attaching) attach(f File) {
	name := filepath.FromSlash(kopia.DiskPath(f.Path))
	parent, err := a.root.OpenRoot(filepath.Dir(name))
	if err != nil {
		a.left.Leave(NoteNotMade, f.Path)
		return
	}
	defer parent.Close()
	base := filepath.Base(name)
	if _, err := parent.Lstat(base); err != nil && a.Partial && f.Special == nil {
		return
	}
	if f.Special != nil {
		if err := a.special(parent, base, f); err != nil {
			a.left.Leave(NoteNotMade, f.Path)
			return
		}
		a.used[path.Dir(f.Path)] = true
	}
	if f.Link != "" && (a.Chosen == nil || a.Chosen(f.Link)) {
		if err := a.link(name, filepath.FromSlash(kopia.DiskPath(f.Link))); err != nil {
			a.left.Leave(NoteNotLinked, f.Path)
		}
		a.used[path.Dir(f.Path)] = true
		return // the first name has the attributes of all
	}
	if f.Far != 0 && setFar(parent, base, f.Far) != nil {
		a.left.Leave(NoteNotSet, f.Path+": mtime")
	}
	for _, attr := range setAttributes(parent, base, f.Attrs) {
		a.left.Leave(NoteNotSet, f.Path+": "+attr)
	}
}

// link replaces a restored copy by another name of the first.
func (a *Attaching) link(name, first string) error {
	beside := name + ".levqor-link"
	if len(filepath.Base(beside)) > 255 {
		beside = filepath.Join(filepath.Dir(name), ".levqor-link")
	}
	if err := a.root.Link(first, beside); err != nil {
		return err
	}
	if err := a.root.Rename(beside, name); err != nil {
		_ = a.root.Remove(beside)
		return err
	}
	_ = a.root.Remove(beside) // still there where both were the same file before
	return nil
}

// setTimes gives the folders that were written into their times back, the
// deepest first.
func (a *Attaching) setTimes() {
	used := make([]string, 0, len(a.used))
	for dir := range a.used {
		used = append(used, dir)
	}
	slices.SortFunc(used, func(x, y string) int { return strings.Count(y, "/") - strings.Count(x, "/") })
	for _, dir := range used {
		if modified, known := a.dirs[dir]; known {
			at := time.Unix(0, modified)
			_ = a.root.Chtimes(filepath.FromSlash(kopia.DiskPath(dir)), at, at)
		}
	}
}
