package source

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/db"
	"levqor/jobs/fail"
	"levqor/jobs/roots"
)

// Reach is the access to a source, with its secret, for a worker. The caller has
// asked the actor's rights. Failures carry a class: gone when it was deleted.
func (s *Sources) Reach(ctx context.Context, workspace, id uuid.UUID) (Spec, error) {
	var r row
	err := s.db.InWorkspace(ctx, workspace, func(ctx context.Context, tx pgx.Tx) (err error) {
		r, err = find(ctx, tx, `WHERE s.id = $1 AND s.deleted_at IS NULL`, id)
		return err
	})
	if db.NoRows(err) {
		return Spec{}, errDeleted()
	}
	if err != nil {
		return Spec{}, err
	}
	return s.spec(r)
}

func errDeleted() error { return fail.Work(nil, fail.ClassGone, "source.fail.deleted") }

func (s *Sources) spec(r row) (spec Spec, err error) {
	spec = Spec{ID: r.ID, Workspace: r.WorkspaceID, Name: r.Name, Kind: r.Kind, Facts: r.Facts}
	if spec.Config, err = decode(r.Kind, r.Config); err != nil {
		return spec, err
	}
	var plain []byte
	if len(r.SealedSecret) > 0 {
		if plain, err = s.box.Open(r.SealedSecret, secretPlace(r.ID)); err != nil {
			return spec, fail.Work(err, fail.ClassConfig, "source.fail.master_key")
		}
	}
	switch {
	case r.IsSample:
		return spec, s.reachSample(&spec)
	case spec.Config.Postgres != nil:
		spec.Config.Postgres.Password, spec.Config.Postgres.Dial = string(plain), s.options.Dial.DialContext
		spec.Config.Postgres.Tools = s.options.PostgresBin
	case spec.Config.Bucket != nil:
		spec.Config.Bucket.SecretKey, spec.Config.Bucket.Dial = string(plain), s.options.Dial.DialHTTP
	case spec.Config.Folder != nil:
		// Links may have changed since it was entered.
		spec.Config.Folder.Path, err = s.options.Roots.Resolve(spec.Config.Folder.Path)
	}
	return spec, err
}

// watchEvery is how soon work notices that its source was deleted.
const watchEvery = 2 * time.Second

// Watch ends the returned context, with a failure of class gone as its cause,
// when the source is deleted. Work on a source runs in it and, when it ended,
// returns context.Cause. stop must be called.
func (s *Sources) Watch(ctx context.Context, workspace, id uuid.UUID) (watched context.Context, stop func()) {
	watched, cancel := context.WithCancelCause(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(watchEvery)
		defer tick.Stop()
		for {
			select {
			case <-watched.Done():
				return
			case <-tick.C:
			}
			if err := s.there(watched, workspace, id); err != nil {
				cancel(err)
				return
			}
		}
	}()
	return watched, func() {
		cancel(nil)
		<-done
	}
}

// there is a failure only when it is known that the source is not.
func (s *Sources) there(ctx context.Context, workspace, id uuid.UUID) error {
	var there bool
	err := s.db.InWorkspace(ctx, workspace, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM sources WHERE id = $1 AND deleted_at IS NULL)`, id).Scan(&there)
	})
	if err == nil && !there {
		return errDeleted()
	}
	return nil
}

// refuseVaults keeps a folder source and the workspace's vaults apart: a backup
// of its own vault would grow for ever.
func refuseVaults(ctx context.Context, tx pgx.Tx, in Input) error {
	if in.Config.Folder == nil {
		return nil
	}
	rows, err := tx.Query(ctx, `SELECT location->>'path' FROM vaults WHERE kind = 'filesystem' AND deleted_at IS NULL`)
	if err != nil {
		return err
	}
	paths, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, path := range paths {
		if roots.Inside(in.Config.Folder.Path, path) || roots.Inside(path, in.Config.Folder.Path) {
			var form fail.Form
			form.Add("path", "source.field.holds_vault", "path", path)
			return form.Err()
		}
	}
	return nil
}

// final keeps people from waiting for retries: who tests wants the answer now.
func final(err error) error {
	if f, ok := errors.AsType[*fail.Error](err); ok && f.Class == fail.ClassTransient {
		return &fail.Error{Kind: f.Kind, Class: fail.ClassGone, Key: f.Key, Args: f.Args}
	}
	return err
}
