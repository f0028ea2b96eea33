package restore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"levqor/jobs/fail"
	"levqor/jobs/source"
	"levqor/jobs/task"
)

// toFolder writes into a folder that only this attempt uses. Where the wanted one is
// not there yet, it is made beside it and takes its name at the very end; else it is
// made inside, and what is in it moves up.
func (r *Restores) toFolder(ctx context.Context, a *task.Active, j *job) (source.Restored, error) {
	dir, err := r.options.Roots.Resolve(j.Target.Folder)
	if err != nil {
		return source.Restored{}, err
	}
	if j.OverLive {
		target := source.Target{Folder: dir, Paths: j.Paths, Live: true, Held: a.Held}
		return r.sources.Engine(source.Kind(j.SourceKind)).Restore(ctx, j.stored, target, j.CreatedAt, &j.meter)
	}
	if done := j.progress.Renaming; done != nil {
		return *done, r.place(ctx, a, r.workingFolder(dir, j, j.progress.Attempt))
	}
	if err := r.makeRoom(ctx, a, j, dir); err != nil {
		return source.Restored{}, err
	}
	w := r.workingFolder(dir, j, a.Task.Epoch)
	if err := os.MkdirAll(filepath.Dir(w.path), 0o755); err != nil {
		return source.Restored{}, fail.Work(err, fail.ClassConfig, "restore.fail.folder_in_use", "place", dir)
	}
	restored, err := r.intoFolder(ctx, j, w.path)
	if err == nil {
		restored.Place = dir
		err = j.remember(ctx, a, func(s *steps) { s.Renaming, s.Attempt = &restored, a.Task.Epoch })
	}
	if err == nil {
		err = r.place(ctx, a, w)
	}
	if err != nil {
		if kept := r.giveUpFolder(ctx, a, w); kept != nil {
			return restored, errors.Join(err, kept)
		}
		return source.Restored{}, err
	}
	return restored, nil
}

// intoFolder: a copy of databases comes as its files, ready for stock tools.
func (r *Restores) intoFolder(ctx context.Context, j *job, dir string) (source.Restored, error) {
	if source.Kind(j.SourceKind) != source.Postgres {
		return r.sources.Engine(source.Kind(j.SourceKind)).Restore(ctx, j.stored, source.Target{Folder: dir, Paths: j.Paths}, j.CreatedAt, &j.meter)
	}
	return j.stored.Files(ctx, dir, j.Paths, &j.meter)
}

// working is the folder of one attempt, and the place that it is for.
type working struct {
	path, dir string
	beside    bool
}

const workingPrefix = ".levqor-restoring-"

// workingFolder is inside a folder that is there, which may be a mount or belong to
// somebody, and beside one that is not, where that is still in the allowed folders.
func (r *Restores) workingFolder(dir string, j *job, attempt int) working {
	name := fmt.Sprintf("%s%s-%d", workingPrefix, j.ID.String()[24:], attempt)
	beside := working{path: filepath.Join(filepath.Dir(dir), name), dir: dir, beside: true}
	inside := working{path: filepath.Join(dir, name), dir: dir}
	if _, err := r.options.Roots.Resolve(filepath.Dir(dir)); err != nil {
		return inside
	}
	if _, err := os.Lstat(beside.path); err == nil {
		return beside
	}
	if _, err := os.Lstat(dir); err == nil {
		return inside
	}
	return beside
}

// makeRoom refuses a folder that holds anything but what earlier attempts of this
// restore left, and removes that.
func (r *Restores) makeRoom(ctx context.Context, a *task.Active, j *job, dir string) error {
	left := filepath.Join(filepath.Dir(dir), workingPrefix+j.ID.String()[24:]+"-*")
	abandoned, err := filepath.Glob(escapeGlob(left))
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fail.Work(err, fail.ClassConfig, "restore.fail.folder_in_use", "place", dir)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), workingPrefix+j.ID.String()[24:]+"-") {
			return fail.Work(nil, fail.ClassConfig, "restore.fail.folder_in_use", "place", dir)
		}
		abandoned = append(abandoned, filepath.Join(dir, e.Name()))
	}
	if len(abandoned) == 0 {
		return nil
	}
	if err := a.Held(ctx); err != nil {
		return err
	}
	var failed error
	for _, path := range abandoned {
		failed = errors.Join(failed, os.RemoveAll(path))
	}
	return failed
}

// escapeGlob keeps the last star.
func escapeGlob(path string) string {
	plain := strings.TrimSuffix(path, "*")
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(plain) + "*"
}

// place gives what was written its place; it may be called again after it was
// interrupted. What fails halfway is taken back.
func (r *Restores) place(ctx context.Context, a *task.Active, w working) error {
	if _, err := os.Lstat(w.path); errors.Is(err, fs.ErrNotExist) {
		return nil // an earlier call had done it all
	}
	if err := a.Held(ctx); err != nil {
		return err
	}
	if w.beside {
		if err := os.Rename(w.path, w.dir); err != nil { // somebody made a folder there and filled it
			return fail.Work(err, fail.ClassConfig, "restore.fail.folder_in_use", "place", w.dir)
		}
		return nil
	}
	entries, err := os.ReadDir(w.path)
	if err != nil {
		return err
	}
	for i, e := range entries {
		if err = moveNew(filepath.Join(w.path, e.Name()), filepath.Join(w.dir, e.Name())); err != nil {
			for _, moved := range entries[:i] {
				err = errors.Join(err, os.Rename(filepath.Join(w.dir, moved.Name()), filepath.Join(w.path, moved.Name())))
			}
			return err
		}
	}
	return errors.Join(likeIt(w.path, w.dir), os.Remove(w.path))
}

// likeIt gives the folder the mode, time and, where that is allowed, owner that
// the restored one has.
func likeIt(working, dir string) error {
	info, err := os.Stat(working)
	if err != nil {
		return err
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok && os.Geteuid() == 0 {
		err = os.Chown(dir, int(st.Uid), int(st.Gid))
	}
	return errors.Join(err, os.Chmod(dir, info.Mode()), os.Chtimes(dir, info.ModTime(), info.ModTime()))
}

// moveNew never replaces what somebody put there meanwhile.
func moveNew(from, to string) error {
	if _, err := os.Lstat(to); err == nil {
		return fail.Work(nil, fail.ClassConfig, "restore.fail.folder_in_use", "place", filepath.Dir(to))
	}
	return os.Rename(from, to)
}

// giveUpFolder leaves nothing of this attempt, while the claim stands.
func (r *Restores) giveUpFolder(ctx context.Context, a *task.Active, w working) error {
	if err := a.Held(ctx); err != nil {
		return err
	}
	return os.RemoveAll(w.path)
}
