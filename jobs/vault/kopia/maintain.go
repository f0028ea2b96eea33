package kopia

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/kopia/kopia/repo"
	"github.com/kopia/kopia/repo/maintenance"
	"github.com/kopia/kopia/snapshot/snapshotmaintenance"
)

// abandonedAfter is how long a checkpoint waits for another try.
const abandonedAfter = 7 * 24 * time.Hour

// tornAfter is longer than any write of one blob takes.
const tornAfter = 24 * time.Hour

// Maintain tidies the vault. Quick (hourly) merges indexes; full (daily) also
// gives back the space of deleted snapshots, in steps that kopia keeps at least
// a day apart so that a backup running meanwhile is safe. Only one may run per
// vault at a time, which the caller sees to; backups may go on beside it.
func (r *Repository) Maintain(ctx context.Context, full bool) (reclaimed Usage, err error) {
	mode, before := maintenance.ModeQuick, Usage{}
	if full {
		mode = maintenance.ModeFull
		if before, err = r.Usage(ctx); err != nil {
			return Usage{}, err
		}
		if err := errors.Join(r.dropAbandoned(ctx), r.dropTorn(ctx)); err != nil {
			return Usage{}, err
		}
	}
	locks := filepath.Dir(r.rep.ConfigFilename())
	if err := os.MkdirAll(locks, 0o700); err != nil {
		return Usage{}, err
	}
	defer os.RemoveAll(locks)
	safety := maintenance.SafetyFull
	if r.opt.safety != nil {
		safety = *r.opt.safety
	}
	err = repo.DirectWriteSession(ctx, r.rep, repo.WriteSessionOptions{Purpose: "maintenance"},
		func(ctx context.Context, w repo.DirectRepositoryWriter) error {
			if err := own(ctx, w); err != nil {
				return err
			}
			return snapshotmaintenance.Run(ctx, w, mode, false, safety)
		})
	if err != nil || !full {
		return Usage{}, failure(err)
	}
	after, err := r.Usage(ctx)
	return Usage{Blobs: max(0, before.Blobs-after.Blobs), Bytes: max(0, before.Bytes-after.Bytes)}, err
}

// own makes Levqor the vault's maintainer, on whatever machine, and nobody's CLI.
func own(ctx context.Context, w repo.DirectRepositoryWriter) error {
	p, err := maintenance.GetParams(ctx, w)
	if err != nil {
		return err
	}
	me := w.ClientOptions().UsernameAtHost()
	if p.Owner == me {
		return nil
	}
	p.Owner = me
	if err := maintenance.SetParams(ctx, w, p); err != nil {
		return err
	}
	return w.Flush(ctx)
}

func (r *Repository) dropAbandoned(ctx context.Context) error {
	kept, err := r.Snapshots(ctx)
	if err != nil {
		return err
	}
	var old []string
	for _, k := range kept {
		if !k.Complete && r.rep.Time().Sub(k.End) > abandonedAfter {
			old = append(old, k.ID)
		}
	}
	if len(old) == 0 {
		return nil
	}
	return r.Delete(ctx, old...)
}

// dropTorn removes the half-written files that killed writers leave on a disk;
// kopia itself never looks at them again.
func (r *Repository) dropTorn(ctx context.Context) error {
	if r.loc.Kind != Filesystem {
		return nil
	}
	err := filepath.WalkDir(r.loc.Path, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.Contains(d.Name(), ".f.tmp.") {
			return err
		}
		info, err := d.Info()
		if err != nil || r.rep.Time().Sub(info.ModTime()) < tornAfter {
			return err
		}
		return os.Remove(name)
	})
	return failure(errors.Join(err, ctx.Err()))
}
