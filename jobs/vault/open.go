package vault

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/db"
	"levqor/jobs/fail"
	"levqor/jobs/vault/kopia"
)

// Open opens a vault of the workspace for backups, restores, drills and browsing;
// the caller closes it. The caller has asked the actor's rights. Failures carry a
// class: gone (deleted, or nothing there), config (not set up, another key),
// credentials, transient.
func (v *Vaults) Open(ctx context.Context, workspace, id uuid.UUID, readOnly bool) (*kopia.Repository, error) {
	r, err := v.row(ctx, workspace, id)
	if err != nil {
		return nil, err
	}
	return v.open(ctx, r, kopia.Options{CacheDir: v.cacheDir(id), ReadOnly: readOnly})
}

func (v *Vaults) row(ctx context.Context, workspace, id uuid.UUID) (r row, err error) {
	err = v.db.InWorkspace(ctx, workspace, func(ctx context.Context, tx pgx.Tx) error {
		r, err = find(ctx, tx, `WHERE v.id = $1 AND v.deleted_at IS NULL`, id)
		return err
	})
	switch {
	case db.NoRows(err):
		return r, fail.Work(err, fail.ClassGone, "vault.fail.deleted")
	case err == nil && r.State != Ready:
		return r, fail.Work(nil, fail.ClassConfig, "vault.fail.not_ready", "name", r.Name)
	}
	return r, err
}

// Damaged names the pieces of a vault that are known to be damaged: a backup
// writes what is in them anew.
func (v *Vaults) Damaged(ctx context.Context, workspace, id uuid.UUID) ([]string, error) {
	r, err := v.row(ctx, workspace, id)
	blobs := make([]string, len(r.Damage))
	for i, d := range r.Damage {
		blobs[i] = d.Blob
	}
	return blobs, err
}

// RestsOnDamage reports whether a snapshot just written needs a piece of the
// vault that is known to be damaged: what the vault holds already is not stored
// again, so a new snapshot can be as broken as an old one.
func (v *Vaults) RestsOnDamage(ctx context.Context, workspace, id uuid.UUID, repo *kopia.Repository, manifest string) (bool, error) {
	r, err := v.row(ctx, workspace, id)
	if err != nil || len(r.Damage) == 0 {
		return false, err
	}
	known := make([]kopia.Damage, len(r.Damage))
	for i, d := range r.Damage {
		known[i].Blob = d.Blob
	}
	hit, err := repo.Affected(ctx, known, []string{manifest})
	return len(hit) > 0, err
}

func (v *Vaults) open(ctx context.Context, r row, opt kopia.Options) (*kopia.Repository, error) {
	at, key, err := v.access(r)
	if err != nil {
		return nil, err
	}
	repo, err := kopia.Open(ctx, at, key, opt)
	if opt.CacheDir == "" || fail.ClassOf(err) != fail.ClassDamaged {
		return repo, err
	}
	if err := kopia.DropCache(opt.CacheDir); err != nil {
		return nil, err
	}
	return kopia.Open(ctx, at, key, opt)
}

// OpenDirect is Open to read from the vault's own place alone: what it can't give
// back is missing or altered there, not in a cache.
func (v *Vaults) OpenDirect(ctx context.Context, workspace, id uuid.UUID) (*kopia.Repository, error) {
	r, err := v.row(ctx, workspace, id)
	if err != nil {
		return nil, err
	}
	return v.open(ctx, r, kopia.Options{ReadOnly: true})
}

// DropCache removes what this machine keeps of a vault's contents. It is for
// whoever found damage: the next one asks the vault's own place.
func (v *Vaults) DropCache(id uuid.UUID) error { return kopia.DropCache(v.cacheDir(id)) }

// access is the vault's place with credentials, and its key.
func (v *Vaults) access(r row) (at kopia.Location, key []byte, err error) {
	if key, err = v.box.Open(r.SealedKey, keyPlace(r.ID)); err != nil {
		return at, nil, fail.Work(err, fail.ClassConfig, "vault.fail.master_key")
	}
	var secretKey []byte
	if len(r.SealedCredentials) > 0 {
		if secretKey, err = v.box.Open(r.SealedCredentials, credentialsPlace(r.ID)); err != nil {
			return at, nil, fail.Work(err, fail.ClassConfig, "vault.fail.master_key")
		}
	}
	at, err = v.kopia(r.Kind, r.Location, string(secretKey))
	return at, key, err
}
