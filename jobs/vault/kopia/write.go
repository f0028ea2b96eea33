package kopia

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	kfs "github.com/kopia/kopia/fs"
	"github.com/kopia/kopia/repo"
	"github.com/kopia/kopia/repo/manifest"
	"github.com/kopia/kopia/snapshot"

	"levqor/jobs/fail"
)

// checkpointEvery bounds what a killed writer has to upload again.
const checkpointEvery = 45 * time.Second

// Snapshot says what a Write is of.
type Snapshot struct {
	Source      string // stable id; snapshots of one source build on each other
	Description string
	Start       time.Time
	Fresh       bool     // read everything again, trusting no earlier snapshot
	Damaged     []string // blobs known to be damaged: what is in them is written anew
}

// Result is a finished snapshot.
type Result struct {
	ManifestID string
	Bytes      int64 // of all files, as the source has them
	Files      int64
	Links      int64
	Skipped    int64 // sockets, devices and pipes, and files removed while the backup ran
	Stored     int64 // bytes that arrived in the vault
	Unchanged  int64 // files taken over without reading
}

// Write makes one snapshot out of what fn puts into its Writer. Files that the
// source's newest snapshot has, or an interrupted Write left in a checkpoint,
// are not read again. When fn or anything else fails, no complete snapshot is
// left, only at most a checkpoint for the next try. A second Write on the same
// Repository meanwhile is a Conflict.
func (r *Repository) Write(ctx context.Context, s Snapshot, m *Meter, fn func(context.Context, *Writer) error) (Result, error) {
	if !r.writing.TryLock() {
		return Result{}, fail.New(fail.Conflict, "vault.fail.writing")
	}
	defer r.writing.Unlock()
	m = orNew(m)
	r.store.meter.Store(m)
	defer r.store.meter.Store(nil)
	written := newPuts()
	r.store.puts.Store(written)
	defer r.store.puts.Store(nil)

	_, session, err := r.rep.NewDirectWriter(ctx, repo.WriteSessionOptions{Purpose: "backup"})
	if err != nil {
		return Result{}, failure(err)
	}
	defer func() { _ = session.Close(context.WithoutCancel(ctx)) }()
	w, stale, err := newWriter(ctx, session, s, m)
	if err != nil {
		return Result{}, failure(err)
	}
	w.r, w.puts = r, written

	inner, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stop := w.checkpoints(inner, r.interval(), cancel)
	err = fn(inner, w)
	stop()
	if inner.Err() != nil {
		err = context.Cause(inner)
	}
	if err != nil {
		return Result{}, fmt.Errorf("write snapshot: %w", err)
	}
	return w.finish(ctx, stale)
}

func (r *Repository) interval() time.Duration {
	if r.opt.checkpoint > 0 {
		return r.opt.checkpoint
	}
	return checkpointEvery
}

func sourceOf(id string) snapshot.SourceInfo {
	return snapshot.SourceInfo{Host: owner, UserName: owner, Path: id}
}

// newWriter also returns the checkpoints that the finished snapshot replaces.
func newWriter(ctx context.Context, session repo.DirectRepositoryWriter, s Snapshot, m *Meter) (*Writer, []manifest.ID, error) {
	w := &Writer{
		heal:      newHealing(session, s.Damaged),
		helpers:   newHelpers(),
		meter:     m,
		root:      newNode(".", s.Start),
		session:   session,
		start:     s.Start,
		prototype: snapshot.Manifest{Source: sourceOf(s.Source), Description: s.Description, StartTime: kfs.UTCTimestampFromTime(s.Start)},
	}
	if err := session.Refresh(ctx); err != nil {
		return nil, nil, err
	}
	all, err := snapshot.ListSnapshots(ctx, session, w.prototype.Source)
	if err != nil {
		return nil, nil, err
	}
	var newest *snapshot.Manifest
	var stale []manifest.ID
	for _, man := range snapshot.SortByTime(all, true) {
		switch {
		case man.RootEntry == nil || s.Fresh:
		case man.IncompleteReason != "":
			w.root.before = w.load(ctx, w.root.before, man.RootEntry)
		case newest == nil:
			newest = man
			w.root.before = w.load(ctx, w.root.before, man.RootEntry)
		}
		if man.IncompleteReason != "" {
			stale = append(stale, man.ID)
		}
	}
	return w, stale, nil
}

// checkpoints runs until the returned function is called, which waits for the
// one under way. A checkpoint that fails cancels the write with its cause.
func (w *Writer) checkpoints(ctx context.Context, every time.Duration, cancel context.CancelCauseFunc) (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-quit:
				return
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if err := w.checkpoint(ctx); err != nil {
				slog.WarnContext(ctx, "vault: checkpoint failed", "error", err.Error())
				cancel(failure(err))
				return
			}
		}
	}()
	return func() { close(quit); <-done }
}

// checkpoint makes what was stored so far findable by the next try.
func (w *Writer) checkpoint(ctx context.Context) error {
	root, err := w.root.write(ctx, w, "checkpoint")
	if err != nil {
		return err
	}
	man := w.prototype
	man.RootEntry, man.IncompleteReason = root, "checkpoint"
	man.EndTime = kfs.UTCTimestampFromTime(w.session.Time())
	id, err := snapshot.SaveSnapshot(ctx, w.session, &man)
	if err != nil {
		return err
	}
	if w.last != "" {
		if err := w.session.DeleteManifest(ctx, w.last); err != nil {
			return err
		}
	}
	w.last = id
	return w.session.Flush(ctx)
}

func (w *Writer) finish(ctx context.Context, stale []manifest.ID) (Result, error) {
	root, err := w.root.write(ctx, w, "")
	if err != nil {
		return Result{}, failure(err)
	}
	if err := w.session.Flush(ctx); err != nil {
		return Result{}, failure(err)
	}
	top := entryOf(".", root)
	top.Name, top.Path = ".", "."
	if err := w.kept(ctx, &top); err != nil {
		return Result{}, err
	}
	man := w.prototype
	man.RootEntry = root
	man.EndTime = kfs.UTCTimestampFromTime(w.session.Time())
	man.Stats = statsOf(root.DirSummary, w.meter)
	id, err := snapshot.SaveSnapshot(ctx, w.session, &man)
	if err != nil {
		return Result{}, failure(err)
	}
	if w.last != "" {
		stale = append(stale, w.last)
	}
	for _, old := range stale {
		if err := w.session.DeleteManifest(ctx, old); err != nil {
			return Result{}, failure(err)
		}
	}
	if err := w.session.Flush(ctx); err != nil {
		return Result{}, failure(err)
	}
	if err := w.kept(ctx, nil); err != nil {
		return Result{}, errors.Join(err, failure(w.session.DeleteManifest(ctx, id)), failure(w.session.Flush(ctx)))
	}
	sum := root.DirSummary
	return Result{
		ManifestID: string(id),
		Bytes:      sum.TotalFileSize,
		Files:      sum.TotalFileCount,
		Links:      sum.TotalSymlinkCount,
		Skipped:    w.skipped.Load(),
		Stored:     w.meter.stored.Load(),
		Unchanged:  w.meter.unchanged.Load(),
	}, nil
}

func statsOf(sum *kfs.DirectorySummary, m *Meter) snapshot.Stats {
	cached := int32(m.unchanged.Load())
	return snapshot.Stats{
		CachedFiles:         cached,
		NonCachedFiles:      int32(sum.TotalFileCount) - cached,
		TotalDirectoryCount: int32(sum.TotalDirCount),
		TotalFileCount:      int32(sum.TotalFileCount),
		TotalFileSize:       sum.TotalFileSize,
	}
}
