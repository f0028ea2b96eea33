package drill

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/fail"
	"levqor/jobs/source"
	"levqor/jobs/task"
	"levqor/jobs/vault/kopia"
)

type finishing = func(context.Context, pgx.Tx) error

// Perform does the drill. It is called by a worker, with the job's id.
func (d *Drills) Perform(ctx context.Context, id uuid.UUID) error {
	return d.runner.Do(ctx, id, d.perform)
}

func (d *Drills) perform(ctx context.Context, a *task.Active) (finishing, error) {
	a.Phase("prepare")
	startedAt := a.Now()
	job, err := d.begin(ctx, a)
	if err != nil {
		return nil, err
	}
	space, err := openScratch(d.scratchRoot, a.Task)
	if err != nil {
		return nil, err
	}
	f, err := d.prove(ctx, a, job, space.Dir)
	if err := errors.Join(err, space.Remove()); err != nil {
		return nil, err
	}
	a.Phase("signing")
	doc := job.document(startedAt, a.Now(), f, d.targetOf(ctx, job.SourceKind))
	proof, err := d.sign(ctx, doc)
	if err != nil {
		return nil, err
	}
	if err := a.Log(ctx, "drill.log.compared", "good", doc.Good, "total", doc.Total); err != nil {
		return nil, err
	}
	if err := a.Log(ctx, "drill.log.signed", "key", proof.KeyID); err != nil {
		return nil, err
	}
	return func(ctx context.Context, tx pgx.Tx) error { return d.finish(ctx, tx, a, job, doc, proof, f) }, nil
}

// finding is what a restore into scratch space brought to light.
type finding struct {
	source.Proven
	differs bool              // the copy is not what was recorded
	seen    *kopia.Inspection // of a copy that the vault could not give back
}

// prove restores and compares. Damage that stops the restore is a finding; any
// other failure only says that nothing could be found out.
func (d *Drills) prove(ctx context.Context, a *task.Active, job jobRow, dir string) (finding, error) {
	var truth source.Truth
	if err := json.Unmarshal(job.Truth, &truth); err != nil {
		return finding{}, fmt.Errorf("truth of snapshot %s: %w", job.SnapshotID, err)
	}
	asserts, err := job.assertions()
	if err != nil {
		return finding{}, err
	}
	repository, err := d.vaults.Open(ctx, a.Task.WorkspaceID, job.VaultID, true)
	if err != nil {
		return finding{}, err
	}
	defer func() { _ = repository.Close(context.WithoutCancel(ctx)) }()
	if err := a.Log(ctx, "drill.log.snapshot", "snapshot", job.SnapshotID.String()); err != nil {
		return finding{}, err
	}
	limit := patience(job.Bytes, time.Duration(job.RTOMinutes)*time.Minute)
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fail.Work(nil, fail.ClassConfig, "drill.fail.too_slow", "minutes", int(limit.Minutes())))
	defer cancel()
	a.Phase("restoring")
	var meter source.Meter
	a.Measure(meter.Progress)
	stored := source.Stored{Repo: repository, Manifest: job.Manifest, Truth: truth}
	found, err := d.sources.Engine(job.SourceKind).Prove(ctx, stored, source.Scratch{Dir: dir, PostgresBin: d.options.PostgresBin},
		asserts, job.TakenAt, &meter, followed(a))
	if f, ok := errors.AsType[*fail.Error](err); ok && f.Class == fail.ClassDamaged && ctx.Err() == nil {
		return d.inspect(ctx, a, job, withCheck(found, unreadableCheck(f)), f)
	}
	if cause := context.Cause(ctx); err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return finding{Proven: found}, cause
	}
	if fail.ClassOf(err) == fail.ClassQuota {
		err = noScratch(err, d.scratchRoot) // nothing but our own disk can be full here
	}
	return finding{Proven: found, differs: contentDiffers(found.Checks)}, err
}

// inspect reads the copy itself, without a cache, when a drill could not bring it
// back: only what is missing or altered in the vault counts against the copy. One
// that can be read after all is tried again.
func (d *Drills) inspect(ctx context.Context, a *task.Active, job jobRow, found source.Proven, cause *fail.Error) (finding, error) {
	seen, err := d.vaults.Inspect(ctx, a.Task.WorkspaceID, job.VaultID, job.Manifest)
	switch {
	case err != nil:
		return finding{}, err
	case !seen.Whole():
		return finding{Proven: found, seen: &seen}, nil
	case strings.HasPrefix(cause.Key, "vault."):
		return finding{}, fail.Work(cause, fail.ClassTransient, "drill.fail.unsteady")
	}
	return finding{Proven: found, differs: true}, nil
}

func withCheck(p source.Proven, c source.Check) source.Proven {
	p.Checks = append(p.Checks, c)
	return p
}

// followed is the task's log; the line that says that all is restored also ends
// that phase.
func followed(a *task.Active) source.Log {
	return func(ctx context.Context, key string, pairs ...any) error {
		if strings.HasPrefix(key, "source.log.restored") {
			a.Phase("checking")
		}
		return a.Log(ctx, key, pairs...)
	}
}

// unreadableCheck stands for a copy that did not let itself be restored to the
// end: what was damaged and, where rows were counted, how many there should be.
func unreadableCheck(f *fail.Error) source.Check {
	c := source.Check{Group: source.GroupReadable, Name: "readable", Recorded: "complete", Restored: "damaged", Total: 1}
	if cause := errors.Unwrap(f); cause != nil {
		c.Detail = cause.Error()
	}
	for name, into := range map[string]*string{"name": &c.Name, "path": &c.Name, "recorded": &c.Recorded, "restored": &c.Restored} {
		if value, ok := f.Args[name]; ok {
			*into = fmt.Sprint(value)
		}
	}
	return c
}

// contentDiffers tells damage from what a server of another version or an
// assertion may say: only rows, files and hashes make a copy bad.
func contentDiffers(checks []source.Check) bool {
	for _, c := range checks {
		switch c.Group {
		case source.GroupFiles, source.GroupHash, source.GroupReadable, "rows":
			if !c.OK {
				return true
			}
		}
	}
	return false
}

func (d *Drills) sign(ctx context.Context, doc Document) (Proof, error) {
	k, err := signingKey(ctx, d.db, d.box, d.clock.Now())
	if err != nil {
		return Proof{}, err
	}
	return k.sign(doc)
}
