package backup

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/fail"
	"levqor/jobs/task"
	"levqor/jobs/vault"
	"levqor/jobs/vault/kopia"
)

const slowestMark = 10 * time.Second

// doubting passes errors on. One that tells of damage in the vault has the copy
// doubted and read again at once, also when whoever read has left.
func (b *Backups) doubting(actor account.Actor, s Snapshot) func(context.Context, error) error {
	return func(ctx context.Context, err error) error {
		if fail.ClassOf(err) != fail.ClassDamaged {
			return err
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), slowestMark)
		defer cancel()
		marked := b.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
			return b.vaults.Doubt(ctx, tx, s.VaultID, []string{s.ManifestID}, vault.Doubt{Cause: vault.CauseRead, Key: "vault.doubt.download", Now: true})
		})
		return errors.Join(err, marked, b.vaults.DropCache(s.VaultID))
	}
}

// watched has a damaged file doubt its copy when somebody reads it.
type watched struct {
	io.ReadSeekCloser
	doubt func(context.Context, error) error
}

func (w watched) Read(p []byte) (int, error) {
	n, err := w.ReadSeekCloser.Read(p)
	if err != nil && err != io.EOF { //nolint:errorlint // as a reader gives it
		err = w.doubt(context.Background(), err) // the request’s own context may be another’s by now
	}
	return n, err
}

// notKept has the vault know of blobs that the place did not keep, so that the
// next attempt writes what is in them anew.
func (b *Backups) notKept(ctx context.Context, a *task.Active, o order, cause error) error {
	if fail.ClassOf(cause) == fail.ClassDamaged {
		cause = errors.Join(cause, b.vaults.DropCache(o.VaultID)) // it may be so only there
	}
	lost, ok := errors.AsType[*kopia.NotKept](cause)
	if !ok {
		return cause
	}
	return errors.Join(cause, a.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return b.vaults.NoteDamage(ctx, tx, o.VaultID, lost.Damage)
	}))
}
