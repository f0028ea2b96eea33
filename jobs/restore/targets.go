package restore

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"levqor/jobs/db/embedded"
	"levqor/jobs/fail"
	"levqor/jobs/source"
	"levqor/jobs/source/bucket"
	"levqor/jobs/source/postgres"
	"levqor/jobs/task"
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

// toServer writes beside: under names that nobody else uses, not even another
// attempt, which change to the wanted ones at the very end. Over live data the engine
// does the same, and keeps the old state.
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
		return r.overServer(ctx, a, j, config, there)
	}
	if done := j.progress.Renaming; done != nil { // an earlier attempt had written it all
		return *done, r.takeNames(ctx, a, config, leftToRename(j.Target.Names, j.ID, j.progress.Attempt, there))
	}
	working, final := map[string]string{}, map[string]string{} // copy → working name, working name → wanted name
	for from, to := range j.Target.Names {
		name := workingName(to, j.ID, a.Task.Epoch)
		working[from], final[name] = name, to
	}
	if err := r.removeDatabases(ctx, a, config, leftovers(j.Target.Names, j.ID, a.Task.Epoch, there)); err != nil {
		return source.Restored{}, err
	}
	for _, to := range slices.Sorted(maps.Values(final)) {
		if slices.Contains(there, to) {
			return source.Restored{}, nameTaken(to)
		}
	}
	target := source.Target{Postgres: &postgres.Target{Config: config, Names: working, Only: j.tables, Held: a.Held}}
	restored, err := r.sources.Engine(source.Postgres).Restore(ctx, j.stored, target, j.CreatedAt, &j.meter)
	if err != nil {
		return restored, err
	}
	restored.Names = j.Target.Names
	err = j.remember(ctx, a, func(s *steps) { s.Renaming, s.Attempt = &restored, a.Task.Epoch })
	if err == nil {
		err = r.takeNames(ctx, a, config, final)
	}
	if err != nil {
		return restored, errors.Join(err, r.removeDatabases(ctx, a, config, slices.Sorted(maps.Keys(final))))
	}
	return restored, nil
}

// takeNames is the last step of a restore beside.
func (r *Restores) takeNames(ctx context.Context, a *task.Active, config postgres.Config, names map[string]string) error {
	if len(names) == 0 { // an earlier attempt was killed after the very last step
		return nil
	}
	if err := a.Held(ctx); err != nil {
		return err
	}
	return postgres.Rename(ctx, config, names)
}

// overServer finds out whether an earlier attempt got to its end; every attempt
// of a restore uses the same moment, and so the same names.
func (r *Restores) overServer(ctx context.Context, a *task.Active, j *job, config postgres.Config, there []string) (source.Restored, error) {
	var unfinished []string
	kept := map[string]string{}
	for _, live := range j.Target.Names {
		if name := postgres.KeptName(live, j.CreatedAt); slices.Contains(there, name) {
			kept[live] = name
		}
		for _, name := range there {
			if postgres.IsFreshName(name, live, j.CreatedAt) {
				unfinished = append(unfinished, name)
			}
		}
	}
	if len(kept) > 0 && len(unfinished) == 0 {
		return source.Restored{Names: j.Target.Names, Kept: kept, Rows: j.copyRows()}, nil
	}
	if err := r.removeDatabases(ctx, a, config, unfinished); err != nil {
		return source.Restored{}, err
	}
	target := source.Target{Live: true, Postgres: &postgres.Target{Config: config, Names: j.Target.Names, DropExisting: true, Attempt: a.Task.Epoch, Held: a.Held}}
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

// workingName is one that only this attempt of this restore uses.
func workingName(name string, id uuid.UUID, attempt int) string {
	suffix := fmt.Sprintf("_restoring_%s_%d", id.String()[24:], attempt)
	keep := min(len(name), maxName-len(suffix))
	for keep > 0 && !utf8.ValidString(name[:keep]) {
		keep--
	}
	return name[:keep] + suffix
}

// leftovers are what earlier attempts of the restore left on the server.
func leftovers(names map[string]string, id uuid.UUID, attempt int, there []string) (left []string) {
	for _, to := range names {
		for earlier := range attempt {
			if name := workingName(to, id, earlier); slices.Contains(there, name) {
				left = append(left, name)
			}
		}
	}
	return left
}

// leftToRename are the databases of that attempt that have not got their names yet.
func leftToRename(names map[string]string, id uuid.UUID, attempt int, there []string) map[string]string {
	left := map[string]string{}
	for _, to := range names {
		if name := workingName(to, id, attempt); slices.Contains(there, name) {
			left[name] = to
		}
	}
	return left
}

// removeDatabases drops what is this restore's own, while the claim stands.
func (r *Restores) removeDatabases(ctx context.Context, a *task.Active, config postgres.Config, names []string) error {
	if len(names) == 0 {
		return nil
	}
	if err := a.Held(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanTime)
	defer cancel()
	return postgres.Remove(ctx, config, names...)
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
	target := source.Target{Bucket: &config, Paths: j.Paths, Live: j.OverLive, Resumed: j.progress.Begun, Held: a.Held,
		Begin: func(ctx context.Context) error { return j.remember(ctx, a, func(s *steps) { s.Begun = true }) }}
	return r.sources.Engine(source.Kind(j.SourceKind)).Restore(ctx, j.stored, target, j.CreatedAt, &j.meter)
}
