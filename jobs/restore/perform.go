package restore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/audit"
	"levqor/jobs/fail"
	"levqor/jobs/source"
	"levqor/jobs/source/postgres"
	"levqor/jobs/task"
	"levqor/jobs/vault/kopia"
)

type finishing = func(context.Context, pgx.Tx) error

// job is a restore in the hands of its worker.
type job struct {
	Restore
	copy     copyRow
	truth    source.Truth
	progress steps
	secret   string
	tables   []postgres.TableName
	stored   source.Stored
	meter    source.Meter
}

// Perform does the restore. It is called by a worker, with the job's id.
func (r *Restores) Perform(ctx context.Context, id uuid.UUID) error {
	return r.runner.Do(ctx, id, r.perform)
}

func (r *Restores) perform(ctx context.Context, a *task.Active) (finishing, error) {
	a.Phase("prepare")
	j, err := r.begin(ctx, a)
	if err != nil {
		return nil, err
	}
	repository, err := r.open(ctx, j)
	if err != nil {
		return nil, err
	}
	defer func() { _ = repository.Close(context.WithoutCancel(ctx)) }()
	j.stored = source.Stored{Repo: repository, Manifest: j.copy.Manifest, Truth: j.truth, Partial: j.copy.Health != sound}
	if err := a.Log(ctx, "restore.log.snapshot", "snapshot", j.copy.ID.String()); err != nil {
		return nil, err
	}
	a.Measure(j.meter.Progress)
	restored, err := r.write(ctx, a, j)
	if err != nil {
		err = errors.Join(err, j.tellLeft(ctx, a, restored))
	}
	if fail.ClassOf(err) == fail.ClassDamaged && ctx.Err() == nil {
		return nil, r.inspect(ctx, a, j, err)
	}
	if err != nil {
		return nil, err
	}
	a.Phase("comparing")
	if err := j.compare(restored); err != nil {
		return nil, err
	}
	return func(ctx context.Context, tx pgx.Tx) error { return r.finish(ctx, tx, a, j, restored) }, nil
}

const sound = "sound"

// open opens the vault; for a copy that is not sound without the cache: what is
// left out of a restore is to be what the vault itself can't give back.
func (r *Restores) open(ctx context.Context, j *job) (*kopia.Repository, error) {
	if j.copy.Health != sound {
		return r.vaults.OpenDirect(ctx, j.WorkspaceID, j.copy.VaultID)
	}
	return r.vaults.Open(ctx, j.WorkspaceID, j.copy.VaultID, true)
}

// inspect reads the copy itself, without a cache, when it did not come back: what
// is missing or altered in the vault counts for the vault at once. A copy that
// can be read after all is tried again.
func (r *Restores) inspect(ctx context.Context, a *task.Active, j *job, cause error) error {
	seen, err := r.vaults.Inspect(ctx, j.WorkspaceID, j.copy.VaultID, j.copy.Manifest)
	if err != nil {
		return cause
	}
	if seen.Whole() {
		if f, ok := errors.AsType[*fail.Error](cause); ok && strings.HasPrefix(f.Key, "vault.") {
			return fail.Work(cause, fail.ClassTransient, "drill.fail.unsteady")
		}
		return cause
	}
	marked := a.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return r.vaults.Found(ctx, tx, j.copy.VaultID, j.copy.Manifest, seen, "vault.doubt.restore")
	})
	return errors.Join(cause, marked)
}

// tellLeft says what an attempt that failed could not take back.
func (j *job) tellLeft(ctx context.Context, a *task.Active, restored source.Restored) error {
	if restored.Files == 0 || j.Kind == Database {
		return nil
	}
	key := "restore.log.left"
	if j.OverLive {
		key = "restore.log.replaced"
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), logTime)
	defer cancel()
	return a.Log(ctx, key, "count", restored.Files, "place", j.Target.Place)
}

// logTime is how long a line of the log may take after the work was called off.
const logTime = 10 * time.Second

func (r *Restores) write(ctx context.Context, a *task.Active, j *job) (source.Restored, error) {
	if j.OverLive && j.Kind != Database {
		a.Phase("keeping")
		if err := r.keepToday(ctx, a, j); err != nil {
			return source.Restored{}, err
		}
	}
	a.Phase("writing")
	switch j.Kind {
	case Database:
		return r.toServer(ctx, a, j)
	case Bucket:
		return r.toBucket(ctx, a, j)
	case Folder:
		return r.toFolder(ctx, a, j)
	}
	return source.Restored{}, fmt.Errorf("a worker has nothing to do for a %s", j.Kind)
}

// begin reads the order and opens what is sealed of it.
func (r *Restores) begin(ctx context.Context, a *task.Active) (*job, error) {
	j := &job{}
	var sealed, result []byte
	err := a.InTx(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
		if j.Restore, err = get(ctx, tx, a.Task.ID); err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, `SELECT sealed_secret, result FROM restores WHERE id = $1`, a.Task.ID).Scan(&sealed, &result); err != nil {
			return err
		}
		j.copy, err = findCopy(ctx, tx, j.SnapshotID)
		return err
	})
	if fail.Is(err, fail.NotFound) {
		return nil, fail.Work(err, fail.ClassGone, "restore.fail.snapshot_gone")
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(j.copy.Truth, &j.truth); err != nil {
		return nil, fmt.Errorf("truth of snapshot %s: %w", j.copy.ID, err)
	}
	if err := json.Unmarshal(result, &j.progress); err != nil {
		return nil, fmt.Errorf("steps of restore %s: %w", j.ID, err)
	}
	s := settled{copy: j.copy, truth: j.truth, in: Input{Kind: j.Kind, Paths: j.Paths}}
	var form fail.Form
	s.checkPaths(&form)
	j.tables = s.tables
	if err := form.Err(); err != nil {
		return nil, err
	}
	if len(sealed) > 0 {
		plain, err := r.box.Open(sealed, place(j.ID))
		if err != nil {
			return nil, err
		}
		j.secret = string(plain)
	}
	return j, nil
}

// steps are what a later attempt must know of an earlier one; they are kept in
// the result until there is one.
type steps struct {
	Undo     *uuid.UUID       `json:"undo,omitempty"`     // the backup of today's state
	Renaming *source.Restored `json:"renaming,omitempty"` // all is written and only takes its name
	Attempt  int              `json:"attempt,omitempty"`  // the epoch of the claim that wrote it
	Begun    bool             `json:"begun,omitempty"`    // the target was empty, and may hold a part since
}

func (j *job) remember(ctx context.Context, a *task.Active, change func(*steps)) error {
	change(&j.progress)
	raw, err := json.Marshal(j.progress)
	if err != nil {
		return err
	}
	return a.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE restores SET result = $2 WHERE id = $1`, j.ID, raw)
		return err
	})
}

// compare holds what was written against what was recorded. The engines do so
// as they go; this is the last look before anybody is told that all is well.
func (j *job) compare(restored source.Restored) error {
	var found, recorded int64
	switch {
	case j.Kind == Database && j.truth.Postgres != nil:
		expected, err := postgres.Target{Names: j.Target.Names, Only: j.tables}.Expect(*j.truth.Postgres)
		if err != nil {
			return err
		}
		found, recorded = restored.Rows+restored.Short, expected.Rows()
	case j.truth.Tree != nil && len(j.Paths) == 0:
		found, recorded = restored.Files+restored.Lost, j.truth.Files
	}
	if found != recorded {
		return fail.Work(nil, fail.ClassDamaged, "restore.fail.counts", "found", found, "recorded", recorded)
	}
	return nil
}

// tableCount is how many tables came back into databases.
func (j *job) tableCount() int64 {
	if j.Kind != Database || j.truth.Postgres == nil {
		return 0
	}
	expected, err := postgres.Target{Names: j.Target.Names, Only: j.tables}.Expect(*j.truth.Postgres)
	if err != nil {
		return 0
	}
	return int64(expected.Tables())
}

func (r *Restores) finish(ctx context.Context, tx pgx.Tx, a *task.Active, j *job, restored source.Restored) error {
	result := Result{Rows: restored.Rows, Tables: j.tableCount(), Files: restored.Files, Bytes: restored.Bytes, Names: restored.Names, Kept: restored.Kept, Undo: j.progress.Undo, Notes: restored.Notes}
	raw, err := json.Marshal(result)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE restores SET result = $2, sealed_secret = NULL WHERE id = $1`, j.ID, raw); err != nil {
		return fmt.Errorf("keep result: %w", err)
	}
	return audit.Write(ctx, tx, account.System(j.WorkspaceID), a.Now(), audit.Event{Action: "restore.done", SubjectKind: "restore", SubjectID: j.ID.String(),
		SubjectName: j.SubjectName, Detail: map[string]any{"place": j.Target.Place, "names": restored.Names, "kept": restored.Kept}})
}

// wait lets a moment pass, unless the work is called off.
func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}
