package backup

import (
	"context"
	"errors"
	"io"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/db"
	"levqor/jobs/source"
	"levqor/jobs/source/tree"
	"levqor/jobs/vault/kopia"
)

// Changes is what a snapshot has that the one before it of its plan had not.
type Changes struct {
	Snapshot Snapshot
	Before   *Snapshot     // nil: it is the first
	Sums     *tree.Since   // of files, or of tables with their rows' bytes; nil: not counted
	Tables   []TableChange // of databases: all of them, those that are the same too
	Files    []FileChange  // of folders and buckets, by path: one page of those that differ
	More     bool          // go on after the last file's Path
}

// FileChange is one file that differs. The size before is 0 for an added file,
// Size for a removed one.
type FileChange struct {
	Path   string
	Change tree.Change
	Before int64
	Size   int64
}

// Since sums up what changed, for a page that is no list of changes. It reads no
// vault. Needs View.
func (b *Backups) Since(ctx context.Context, actor account.Actor, id uuid.UUID) (c Changes, err error) {
	if err := actor.Require(account.View); err != nil {
		return Changes{}, err
	}
	err = b.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		if c.Snapshot, err = findSnapshot(ctx, tx, id, b.clock.Now()); err != nil {
			return err
		}
		now, err := truthOf(ctx, tx, id)
		if err != nil {
			return err
		}
		if now.Tree != nil {
			c.Sums = now.Tree.Since
		}
		before, err := b.before(ctx, tx, c.Snapshot, true)
		if db.NoRows(err) {
			return nil
		}
		if err != nil {
			return err
		}
		c.Before = &before
		if now.Postgres == nil {
			return nil
		}
		then, err := truthOf(ctx, tx, before.ID)
		if err != nil || then.Postgres == nil {
			return err
		}
		c.Tables, c.Sums = compareTables(*then.Postgres, *now.Postgres)
		return nil
	})
	return c, err
}

// Changes is Since with the files that differ, read from the vault: those behind
// the path after, at most limit. It compares with the newest earlier snapshot
// that is still there. Needs View.
func (b *Backups) Changes(ctx context.Context, actor account.Actor, id uuid.UUID, after string, limit int) (Changes, error) {
	c, err := b.Since(ctx, actor, id)
	if err != nil || c.Tables != nil || c.Snapshot.SourceKind == source.Postgres {
		return c, err
	}
	err = b.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		before, err := b.before(ctx, tx, c.Snapshot, false)
		c.Before = &before
		return err
	})
	if db.NoRows(err) {
		c.Before, c.Sums = nil, nil
		return c, nil
	}
	if err != nil {
		return c, err
	}
	return c, b.reading(ctx, actor, id, func(repo *kopia.Repository, s Snapshot) error {
		return c.readFiles(ctx, repo, after, limitOf(limit))
	})
}

// before is the snapshot of the same plan and vault that came before; gone ones
// count only if they may.
func (b *Backups) before(ctx context.Context, tx pgx.Tx, s Snapshot, gone bool) (Snapshot, error) {
	rows, err := tx.Query(ctx, `
		SELECT `+snapshotColumns+` FROM `+snapshotTables+`
		WHERE n.plan_id = @plan AND n.vault_id = @vault AND (n.taken_at, n.id) < (@at, @id) AND (@gone OR n.state NOT IN ('deleted', 'deleting'))
		ORDER BY n.taken_at DESC, n.id DESC LIMIT 1`,
		pgx.NamedArgs{"plan": s.PlanID, "vault": s.VaultID, "at": s.TakenAt, "id": s.ID, "gone": gone, "now": b.clock.Now()})
	if err != nil {
		return Snapshot{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Snapshot])
}

func truthOf(ctx context.Context, tx pgx.Tx, id uuid.UUID) (truth source.Truth, err error) {
	err = tx.QueryRow(ctx, `SELECT truth FROM snapshots WHERE id = $1`, id).Scan(&truth)
	return truth, err
}

func (c *Changes) readFiles(ctx context.Context, repo *kopia.Repository, after string, limit int) (err error) {
	var lists [2]io.ReadCloser
	for i, s := range []*Snapshot{c.Before, &c.Snapshot} {
		list, _, openErr := repo.OpenFile(ctx, s.ManifestID, tree.ListName)
		if openErr != nil {
			return openErr
		}
		defer func() { err = errors.Join(err, list.Close()) }()
		lists[i] = list
	}
	c.Sums = &tree.Since{}
	return tree.Diff(lists[0], lists[1], func(change tree.Change, before, now tree.File) error {
		f := now
		if change == tree.Removed {
			f = before
		}
		c.Sums.Add(change, f)
		if change == tree.Same || after != "" && f.Path <= after {
			return nil
		}
		if len(c.Files) == limit {
			c.More = true
			return ctx.Err()
		}
		c.Files = append(c.Files, FileChange{Path: f.Path, Change: change, Before: before.Size, Size: now.Size})
		return nil
	})
}
