package restore

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/audit"
	"levqor/jobs/backup"
	"levqor/jobs/fail"
)

// OpenDownload opens what the link of a download fetches; the caller closes it.
// Needs Operate, as the order did. NotFound (restore.fail.not_a_download) when
// the restore has no link, or no longer.
func (r *Restores) OpenDownload(ctx context.Context, actor account.Actor, id uuid.UUID) (*backup.Archive, error) {
	if err := actor.Require(account.Operate); err != nil {
		return nil, err
	}
	found, err := r.Get(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	now := r.clock.Now()
	if !found.Download(now) {
		return nil, fail.New(fail.NotFound, "restore.fail.not_a_download")
	}
	archive, err := r.backups.OpenArchive(ctx, actor, found.SnapshotID, found.Paths)
	if err != nil {
		return nil, err
	}
	err = r.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		return audit.Write(ctx, tx, actor, now, audit.Event{Action: "restore.downloaded", SubjectKind: "restore", SubjectID: id.String(),
			SubjectName: found.SubjectName, Detail: map[string]any{"snapshot": found.SnapshotID, "paths": len(found.Paths)}})
	})
	if err != nil {
		return nil, errors.Join(err, archive.Close(ctx))
	}
	return archive, nil
}
