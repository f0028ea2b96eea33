package account

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/db"
	"levqor/jobs/fail"
)

// WorkspaceInput is what a workspace is called, and the zone of its days.
type WorkspaceInput struct {
	Name     string
	TimeZone string
}

func (in *WorkspaceInput) validate() error {
	var form fail.Form
	in.Name = strings.TrimSpace(in.Name)
	form.Check(validName(in.Name), "name", "account.field.name", "most", mostName)
	form.Check(validZone(in.TimeZone), "time_zone", "account.field.time_zone")
	return form.Err()
}

// CreateWorkspace makes one more, owned by the person; the session then looks at
// it. Invalid: name, time_zone. TooMany.
func (a *Accounts) CreateWorkspace(ctx context.Context, s Session, in WorkspaceInput) (id uuid.UUID, err error) {
	if err := in.validate(); err != nil {
		return uuid.Nil, err
	}
	if err := a.counted(ctx, a.clock.Now(), "workspace/"+s.User.ID.String(), workspacesPerPerson); err != nil {
		return uuid.Nil, err
	}
	err = a.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if id, err = createWorkspace(ctx, tx, a.clock.Now(), s.User, in.Name, in.TimeZone); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE sessions SET workspace_id = $2 WHERE id = $1`, s.ID, id)
		return err
	})
	return id, err
}

func createWorkspace(ctx context.Context, tx pgx.Tx, now time.Time, owner User, name, zone string) (uuid.UUID, error) {
	id := db.NewID()
	if _, err := tx.Exec(ctx, `INSERT INTO workspaces (id, name, time_zone, created_at) VALUES ($1, $2, $3, $4)`, id, name, zone, now); err != nil {
		return uuid.Nil, fmt.Errorf("create workspace: %w", err)
	}
	if _, err := tx.Exec(ctx, `INSERT INTO members (workspace_id, user_id, role, created_at) VALUES ($1, $2, 'owner', $3)`, id, owner.ID, now); err != nil {
		return uuid.Nil, fmt.Errorf("add owner: %w", err)
	}
	actor := Actor{Kind: KindPerson, ID: owner.ID, Name: owner.Name, Workspace: id}
	return id, record(ctx, tx, actor, now, "workspace.created", "workspace", id.String(), name, nil)
}

// SaveWorkspace renames the actor's workspace or moves its days to another zone.
// Needs Manage. Invalid: name, time_zone.
func (a *Accounts) SaveWorkspace(ctx context.Context, actor Actor, in WorkspaceInput) error {
	if err := actor.Require(Manage); err != nil {
		return err
	}
	if err := in.validate(); err != nil {
		return err
	}
	return a.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE workspaces SET name = $2, time_zone = $3 WHERE id = $1`, actor.Workspace, in.Name, in.TimeZone); err != nil {
			return err
		}
		return record(ctx, tx, actor, a.clock.Now(), "workspace.changed", "workspace", actor.Workspace.String(), in.Name, nil)
	})
}
