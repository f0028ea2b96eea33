package restore

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"levqor/jobs/db/embedded"
	"levqor/jobs/fail"
	"levqor/jobs/source"
	"levqor/jobs/source/bucket"
	"levqor/jobs/source/postgres"
	"levqor/jobs/task"
	"levqor/jobs/vault/kopia"
)

// cleanTime is how long removing what a canceled restore wrote may take.
const cleanTime = time.Minute

// server is the access to the target's server, connected or typed.
func (r *Restores) server(ctx context.Context, workspace uuid.UUID, t Target, secret string) (postgres.Config, error) {
	if t.Server == nil {
		spec, err := r.sources.Reach(ctx, workspace, *t.SourceID)
		if err != nil {
			return postgres.Config{}, err
		}
		if spec.Config.Postgres == nil {
			return postgres.Config{}, fail.Work(nil, fail.ClassConfig, "restore.fail.source_gone")
		}
		return *spec.Config.Postgres, nil
	}
	bin, err := embedded.Find(ctx, r.options.PostgresBin)
	if err != nil {
		return postgres.Config{}, err
	}
	config := t.Server.config()
	config.Password, config.Dial, config.Bin = secret, r.options.Dial.DialContext, bin
	return config, nil
}

// toServer writes beside: under names that nobody else uses, which change to the
// wanted ones at the very end. Over live data the engine does the same, and
// keeps the old state.
func (r *Restores) toServer(ctx context.Context, a *task.Active, j *job) (source.Restored, error) {
	config, err := r.server(ctx, j.WorkspaceID, j.Target, j.secret)
	if err != nil {
		return source.Restored{}, err
	}
	there, err := postgres.Databases(ctx, config)
	if err != nil {
		return source.Restored{}, err
	}
	if j.OverLive {
		return r.overServer(ctx, j, config, there)
	}
	working, final := map[string]string{}, map[string]string{} // copy → working name, working name → wanted name
	for from, to := range j.Target.Names {
		name := workingName(to, j.ID)
		working[from], final[name] = name, to
	}
	names := slices.Sorted(maps.Keys(final))
	if done := j.progress.Renaming; done != nil && !anyIn(names, there) {
		return *done, nil // an earlier attempt was killed after the very last step
	}
	for _, to := range slices.Sorted(maps.Values(final)) {
		if slices.Contains(there, to) {
			return source.Restored{}, errors.Join(nameTaken(to), removeDatabases(ctx, config, names))
		}
	}
	if err := postgres.Remove(ctx, config, names...); err != nil {
		return source.Restored{}, err
	}
	target := source.Target{Postgres: &postgres.Target{Config: config, Names: working, Only: j.tables}}
	restored, err := r.sources.Engine(source.Postgres).Restore(ctx, j.stored, target, j.CreatedAt, &j.meter)
	if err != nil {
		return restored, err
	}
	restored.Names = j.Target.Names
	if err = j.remember(ctx, a, func(s *steps) { s.Renaming = &restored }); err == nil {
		err = postgres.Rename(ctx, config, final)
	}
	if err != nil {
		return restored, errors.Join(err, removeDatabases(ctx, config, names))
	}
	return restored, nil
}

// overServer finds out whether an earlier attempt got to its end; every attempt
// of a restore uses the same moment, and so the same names.
func (r *Restores) overServer(ctx context.Context, j *job, config postgres.Config, there []string) (source.Restored, error) {
	var unfinished []string
	kept := map[string]string{}
	for _, live := range j.Target.Names {
		if name := postgres.KeptName(live, j.CreatedAt); slices.Contains(there, name) {
			kept[live] = name
		}
		if name := postgres.FreshName(live, j.CreatedAt); slices.Contains(there, name) {
			unfinished = append(unfinished, name)
		}
	}
	if len(kept) > 0 && len(unfinished) == 0 {
		return source.Restored{Names: j.Target.Names, Kept: kept, Rows: j.copyRows()}, nil
	}
	if err := postgres.Remove(ctx, config, unfinished...); err != nil {
		return source.Restored{}, err
	}
	target := source.Target{Live: true, Postgres: &postgres.Target{Config: config, Names: j.Target.Names, DropExisting: true}}
	return r.sources.Engine(source.Postgres).Restore(ctx, j.stored, target, j.CreatedAt, &j.meter)
}

// copyRows is what a restore that is known to have succeeded brought back.
func (j *job) copyRows() int64 {
	expected, err := postgres.Target{Names: j.Target.Names}.Expect(*j.truth.Postgres)
	if err != nil {
		return 0
	}
	return expected.Rows()
}

// workingName is one that only this restore uses.
func workingName(name string, id uuid.UUID) string {
	suffix := "_restoring_" + id.String()[24:]
	keep := min(len(name), maxName-len(suffix))
	for keep > 0 && !utf8.ValidString(name[:keep]) {
		keep--
	}
	return name[:keep] + suffix
}

func removeDatabases(ctx context.Context, config postgres.Config, names []string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanTime)
	defer cancel()
	return postgres.Remove(ctx, config, names...)
}

func anyIn(names, all []string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return slices.Contains(all, name) })
}

func nameTaken(name string) error {
	return fail.Work(nil, fail.ClassConfig, "postgres.fail.name_taken", "name", name)
}

// toBucket goes below a prefix where nothing is yet, or over the live one.
func (r *Restores) toBucket(ctx context.Context, a *task.Active, j *job) (source.Restored, error) {
	var config bucket.Config
	if j.Target.Bucket != nil {
		config = j.Target.Bucket.config()
		config.SecretKey, config.Dial = j.secret, r.options.Dial.DialHTTP
	} else {
		spec, err := r.sources.Reach(ctx, j.WorkspaceID, *j.Target.SourceID)
		if err != nil {
			return source.Restored{}, err
		}
		if spec.Config.Bucket == nil {
			return source.Restored{}, fail.Work(nil, fail.ClassConfig, "restore.fail.source_gone")
		}
		config = *spec.Config.Bucket
	}
	config.Prefix = j.Target.Prefix
	target := source.Target{Bucket: &config, Paths: j.Paths, Live: j.OverLive}
	return r.sources.Engine(source.Kind(j.SourceKind)).Restore(ctx, j.stored, target, j.CreatedAt, &j.meter)
}

// toFolder writes into a folder of its own inside the wanted one, and moves what
// is in it up at the very end.
func (r *Restores) toFolder(ctx context.Context, a *task.Active, j *job) (source.Restored, error) {
	dir, err := r.options.Roots.Resolve(j.Target.Folder)
	if err != nil {
		return source.Restored{}, err
	}
	if j.OverLive {
		target := source.Target{Folder: dir, Paths: j.Paths, Live: true}
		return r.sources.Engine(source.Kind(j.SourceKind)).Restore(ctx, j.stored, target, j.CreatedAt, &j.meter)
	}
	working := filepath.Join(dir, ".levqor-restoring-"+j.ID.String()[24:])
	if done := j.progress.Renaming; done != nil {
		return *done, moveUp(working, dir)
	}
	made, err := emptyFolder(dir, working)
	if err != nil {
		return source.Restored{}, err
	}
	restored, err := r.intoFolder(ctx, j, working)
	if err == nil {
		restored.Place = dir
		err = j.remember(ctx, a, func(s *steps) { s.Renaming = &restored })
	}
	if err != nil {
		return restored, errors.Join(err, os.RemoveAll(working), removeIf(made, dir))
	}
	return restored, moveUp(working, dir)
}

// intoFolder: a copy of databases comes as its files, ready for stock tools.
func (r *Restores) intoFolder(ctx context.Context, j *job, dir string) (source.Restored, error) {
	if source.Kind(j.SourceKind) != source.Postgres {
		return r.sources.Engine(source.Kind(j.SourceKind)).Restore(ctx, j.stored, source.Target{Folder: dir, Paths: j.Paths}, j.CreatedAt, &j.meter)
	}
	done, err := j.stored.Repo.RestoreTo(ctx, j.copy.Manifest, dir, kopia.RestoreOptions{Paths: j.Paths}, &j.meter.Vault)
	return source.Restored{Files: done.Files, Bytes: done.Bytes}, err
}

// emptyFolder makes the folder unless it is there; what an earlier attempt left
// in it is removed, anything else refused.
func emptyFolder(dir, working string) (made bool, err error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return true, os.MkdirAll(dir, 0o755)
	}
	if err != nil {
		return false, fail.Work(err, fail.ClassConfig, "restore.fail.folder_in_use", "place", dir)
	}
	for _, e := range entries {
		if e.Name() != filepath.Base(working) {
			return false, fail.Work(nil, fail.ClassConfig, "restore.fail.folder_in_use", "place", dir)
		}
	}
	return false, os.RemoveAll(working)
}

// moveUp may be called again after it was interrupted.
func moveUp(working, dir string) error {
	entries, err := os.ReadDir(working)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		err = errors.Join(err, os.Rename(filepath.Join(working, e.Name()), filepath.Join(dir, e.Name())))
	}
	if err != nil {
		return err
	}
	return errors.Join(likeIt(working, dir), os.Remove(working))
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

func removeIf(made bool, dir string) error {
	if !made {
		return nil
	}
	return os.Remove(dir)
}
