package backup

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/audit"
)

// NoteDownload audits that the actor took a file (or, with an empty name, all) out
// of a snapshot. It is called when OpenFile or OpenArchive succeeded.
func (b *Backups) NoteDownload(ctx context.Context, actor account.Actor, snapshot uuid.UUID, name string) error {
	if err := actor.Require(account.View); err != nil {
		return err
	}
	return b.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		return audit.Write(ctx, tx, actor, b.clock.Now(), audit.Event{Action: "snapshot.downloaded", SubjectKind: "snapshot",
			SubjectID: snapshot.String(), SubjectName: ShortID(snapshot), Detail: map[string]any{"path": cleanPath(name)}})
	})
}
