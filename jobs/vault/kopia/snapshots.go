package kopia

import (
	"context"
	"errors"
	"time"

	"github.com/kopia/kopia/repo"
	"github.com/kopia/kopia/repo/blob"
	"github.com/kopia/kopia/repo/manifest"
	"github.com/kopia/kopia/snapshot"
)

// Kept is a snapshot that the vault holds. An incomplete one is the checkpoint
// of a Write that did not finish; it serves the next Write and no restore.
type Kept struct {
	ID          string
	Source      string
	Description string
	Start, End  time.Time
	Bytes       int64
	Files       int64
	Complete    bool
}

// Snapshots lists what the vault holds, oldest first.
func (r *Repository) Snapshots(ctx context.Context) ([]Kept, error) {
	if err := r.rep.Refresh(ctx); err != nil {
		return nil, failure(err)
	}
	ids, err := snapshot.ListSnapshotManifests(ctx, r.rep, nil, nil)
	if err != nil {
		return nil, failure(err)
	}
	all, err := snapshot.LoadSnapshots(ctx, r.rep, ids)
	if err != nil {
		return nil, failure(err)
	}
	kept := make([]Kept, 0, len(all))
	for _, m := range snapshot.SortByTime(all, false) {
		k := Kept{
			ID: string(m.ID), Source: m.Source.Path, Description: m.Description,
			Start: m.StartTime.ToTime(), End: m.EndTime.ToTime(), Complete: m.IncompleteReason == "",
		}
		if m.RootEntry != nil && m.RootEntry.DirSummary != nil {
			k.Bytes, k.Files = m.RootEntry.DirSummary.TotalFileSize, m.RootEntry.DirSummary.TotalFileCount
		}
		kept = append(kept, k)
	}
	return kept, nil
}

// Delete removes snapshots; those already gone are no failure. Their space
// comes back with later full maintenance, a day or two on.
func (r *Repository) Delete(ctx context.Context, ids ...string) error {
	err := repo.WriteSession(ctx, r.rep, repo.WriteSessionOptions{Purpose: "delete"},
		func(ctx context.Context, w repo.RepositoryWriter) error {
			for _, id := range ids {
				err := w.DeleteManifest(ctx, manifest.ID(id))
				if err != nil && !errors.Is(err, manifest.ErrNotFound) {
					return err
				}
			}
			return nil
		})
	return failure(err)
}

// Usage is what the vault takes up in its place, what expired included.
type Usage struct {
	Blobs int64
	Bytes int64
}

// Usage asks the place itself, listing every blob.
func (r *Repository) Usage(ctx context.Context) (Usage, error) {
	var u Usage
	err := r.store.ListBlobs(ctx, "", func(b blob.Metadata) error {
		u.Blobs++
		u.Bytes += b.Length
		return nil
	})
	return u, failure(err)
}
