package source

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"

	"levqor/jobs/fail"
	"levqor/jobs/source/bucket"
	"levqor/jobs/source/tree"
	"levqor/jobs/task"
	"levqor/jobs/vault/kopia"
)

// files is what the engines of folders and buckets have in common: a list of
// every file with its hash, restores to a folder or a bucket, proofs by hash.
type files struct{ options Options }

// record makes the list beside what fill stores, and stores it too.
func (e files) record(ctx context.Context, kind Kind, w *kopia.Writer, now time.Time, fill func(*tree.Recorder) error) (Truth, error) {
	r, err := tree.Record(ctx, w)
	if err != nil {
		return Truth{}, err
	}
	if err := fill(r); err != nil {
		return Truth{}, err
	}
	sum, err := r.Finish(ctx, w, now)
	if err != nil {
		return Truth{}, err
	}
	return Truth{Kind: kind, Files: sum.Files, Bytes: sum.Bytes, Tree: &sum, Notes: notesOf(r.Left())}, nil
}

// maxNoteText is how long the names in a note may be together, in bytes.
const maxNoteText = 2000

func notesOf(left []tree.Left) (notes []Note) {
	for _, l := range left {
		names, length := []string{}, 0
		for _, name := range l.Names {
			if length += len(name) + 2; length > maxNoteText && len(names) > 0 {
				break
			}
			names = append(names, name)
		}
		text := strings.Join(names, ", ")
		if l.Count > len(names) {
			text += ", …"
		}
		notes = append(notes, Note{Key: l.Key, Args: map[string]any{"count": l.Count, "names": text}})
	}
	return notes
}

func (e files) Restore(ctx context.Context, from Stored, to Target, _ time.Time, p *Meter) (Restored, error) {
	switch {
	case from.Truth.Tree == nil:
		return Restored{}, errTarget()
	case to.Folder != "":
		return e.toFolder(ctx, from, to, p)
	case to.Bucket != nil:
		return e.toBucket(ctx, from, to, p)
	}
	return Restored{}, errTarget()
}

// toFolder restores below a folder inside the operator's roots. A failure in a
// new or empty folder leaves it empty.
func (e files) toFolder(ctx context.Context, from Stored, to Target, p *Meter) (Restored, error) {
	dir, err := e.options.Roots.Resolve(to.Folder)
	if err != nil {
		return Restored{}, err
	}
	if !to.Live {
		if err := mustBeEmpty(dir); err != nil {
			return Restored{}, err
		}
	}
	p.expect(from.Truth, to.Paths)
	var lost tree.Leftovers
	options := kopia.RestoreOptions{Paths: to.Paths, Overwrite: to.Live, Owners: isRoot(), Lost: from.leaving(&lost)}
	done, err := from.Repo.RestoreTo(ctx, from.Manifest, dir, options, &p.Vault)
	if err != nil {
		if !to.Live {
			empty(dir)
			return Restored{}, err
		}
		return Restored{Place: dir, Files: done.Files}, err
	}
	if len(to.Paths) == 0 {
		if err := os.Remove(filepath.Join(dir, tree.ListName)); err == nil {
			done.Files--
		} else if lost.Has(noteUnreadableList) {
			done.Lost--
		}
	}
	left, err := e.attach(ctx, from, dir, to)
	if err != nil {
		return Restored{}, err
	}
	return Restored{Place: dir, Files: done.Files, Lost: done.Lost, Bytes: done.Bytes, Notes: notesOf(append(lost.Left(), left...))}, nil
}

// attach gives what was restored the links, attributes and times that only the
// list holds. The folder itself becomes as the source was where it was made for this.
func (e files) attach(ctx context.Context, from Stored, dir string, to Target) ([]tree.Left, error) {
	list, err := from.open(ctx, tree.ListName)
	if fail.Is(err, fail.NotFound) {
		return nil, nil // a copy without one has none of that
	}
	if from.loses(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer list.Close()
	a := tree.Attaching{Owners: isRoot(), Live: to.Live, Partial: from.Partial}
	if len(to.Paths) > 0 {
		a.Chosen = func(path string) bool { return chosen(path, to.Paths) }
	}
	left, err := a.Run(ctx, dir, func(tell func(tree.File) error) error {
		_, err := tree.Read(list, tell)
		return err
	})
	if from.loses(err) { // what the list holds beside the files is then lost too
		err = nil
	}
	if err != nil || to.Live || len(to.Paths) > 0 {
		return left, err
	}
	return left, from.Repo.RestoreRoot(ctx, from.Manifest, dir, isRoot())
}

// chosen says whether a path is one of those, or below one.
func chosen(path string, paths []string) bool {
	for _, c := range paths {
		if c == "." || path == c || strings.HasPrefix(path, c+"/") {
			return true
		}
	}
	return false
}

func mustBeEmpty(dir string) error {
	held, err := os.ReadDir(dir)
	switch {
	case os.IsNotExist(err):
		return nil
	case err != nil:
		return fail.Work(err, fail.ClassCredentials, "source.fail.target_denied", "path", dir)
	case len(held) > 0:
		return fail.Work(nil, fail.ClassConfig, "source.fail.target_not_empty", "path", dir)
	}
	return nil
}

// empty removes what a failed restore wrote; what can't be removed stays and the
// failure itself is told.
func empty(dir string) {
	held, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, entry := range held {
		_ = os.RemoveAll(filepath.Join(dir, entry.Name()))
	}
}

// expect adds what is known of the whole to the vault's own readings.
func (m *Meter) expect(truth Truth, paths []string) {
	m.follow(func() task.Progress {
		vault := m.Vault.Snapshot()
		p := task.Progress{Current: vault.Current, BytesDone: vault.Bytes, ItemsDone: vault.Files}
		if len(paths) == 0 {
			p.BytesTotal, p.ItemsTotal = max(truth.Bytes, vault.Bytes), max(truth.Files, vault.Files)
		}
		return p
	})
}

// Engine of a kind.
func (s *Sources) Engine(kind Kind) Engine {
	switch kind {
	case Folder:
		return disk{files{s.options}}
	case Postgres:
		return database{s.options}
	}
	return objects{files{s.options}}
}

// open makes a client that dials as the operator allows.
func (e files) open(c bucket.Config) (*bucket.Bucket, error) {
	if c.Dial == nil {
		c.Dial = e.options.Dial.DialHTTP
	}
	return bucket.Open(c)
}
