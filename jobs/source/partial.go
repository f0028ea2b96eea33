package source

import (
	"context"

	"levqor/jobs/fail"
	"levqor/jobs/source/tree"
	"levqor/jobs/vault/kopia"
)

// What a restore of a copy that is not sound leaves out, by names.
const (
	noteUnreadable       = "source.note.unreadable"
	noteUnreadableFolder = "source.note.unreadable_folders"
	noteUnreadableList   = "source.note.unreadable_list"
)

// loses reports whether err says that the vault can't give something back which
// may then be left out.
func (s Stored) loses(err error) bool { return s.Partial && fail.ClassOf(err) == fail.ClassDamaged }

// leave notes an entry that the vault can't give back.
func leave(into *tree.Leftovers, e kopia.Entry) {
	switch {
	case e.Path == tree.ListName:
		into.Leave(noteUnreadableList, e.Path)
	case e.Dir:
		into.Leave(noteUnreadableFolder, e.Path)
	default:
		into.Leave(noteUnreadable, e.Path)
	}
}

// leaving is what RestoreTo tells what it leaves out; nil of a copy that is sound.
func (s Stored) leaving(into *tree.Leftovers) func(kopia.Entry) {
	if !s.Partial {
		return nil
	}
	return func(e kopia.Entry) { leave(into, e) }
}

// Files writes the snapshot's own files below dir, ready for stock tools, or only
// those paths. Failures are those of kopia's RestoreTo.
func (s Stored) Files(ctx context.Context, dir string, paths []string, p *Meter) (Restored, error) {
	var left tree.Leftovers
	done, err := s.Repo.RestoreTo(ctx, s.Manifest, dir, kopia.RestoreOptions{Paths: paths, Lost: s.leaving(&left)}, &p.Vault)
	return Restored{Files: done.Files, Lost: done.Lost, Bytes: done.Bytes, Notes: notesOf(left.Left())}, err
}
