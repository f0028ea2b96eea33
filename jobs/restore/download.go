package restore

import (
	"context"

	"github.com/google/uuid"

	"levqor/jobs/account"
	"levqor/jobs/backup"
	"levqor/jobs/fail"
)

// OpenDownload opens what the link of a download fetches; the caller closes it,
// and the audit log has it. Needs Operate, as the order did. NotFound
// (restore.fail.not_a_download) when the restore has no link, or no longer.
func (r *Restores) OpenDownload(ctx context.Context, actor account.Actor, id uuid.UUID) (*backup.Archive, error) {
	if err := actor.Require(account.Operate); err != nil {
		return nil, err
	}
	found, err := r.Get(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	if !found.Download(r.clock.Now()) {
		return nil, fail.New(fail.NotFound, "restore.fail.not_a_download")
	}
	return r.backups.OpenArchive(ctx, actor, found.SnapshotID, found.Paths)
}
