package vault

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/audit"
	"levqor/jobs/fail"
)

// Get needs View. NotFound for another workspace's vault.
func (v *Vaults) Get(ctx context.Context, actor account.Actor, id uuid.UUID) (Vault, error) {
	found, err := v.list(ctx, actor, &id)
	if err == nil && len(found) == 0 {
		err = fail.New(fail.NotFound, "fail.not_found")
	}
	if err != nil {
		return Vault{}, err
	}
	return found[0], nil
}

// List is every vault of the workspace, by name. Needs View.
func (v *Vaults) List(ctx context.Context, actor account.Actor) ([]Vault, error) {
	return v.list(ctx, actor, nil)
}

func (v *Vaults) list(ctx context.Context, actor account.Actor, only *uuid.UUID) (found []Vault, err error) {
	if err := actor.Require(account.View); err != nil {
		return nil, err
	}
	err = v.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		found, err = list(ctx, tx, only)
		return err
	})
	return found, err
}

// Update changes the name and, of a bucket vault, the credentials; then the
// set-up runs again, which tries them. A vault's place stays: moving it would
// leave its snapshots behind. revision 0 changes whatever is there; else Conflict
// when somebody changed it meanwhile. Needs Manage.
func (v *Vaults) Update(ctx context.Context, actor account.Actor, id uuid.UUID, revision int, in Input) error {
	if err := actor.Require(account.Manage); err != nil {
		return err
	}
	return v.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		r, err := lock(ctx, tx, id)
		if err != nil {
			return err
		}
		if revision != 0 && revision != r.Revision {
			return fail.New(fail.Conflict, "fail.conflict")
		}
		if err := in.checkChange(r); err != nil {
			return err
		}
		before := r
		if err := v.apply(&r, in); err != nil {
			return err
		}
		if err := update(ctx, tx, r); err != nil {
			return err
		}
		access := in.SecretKey != "" || before.Location != r.Location
		if access {
			if _, err := v.enqueueSetup(ctx, tx, actor, r); err != nil {
				return err
			}
		}
		if err := tell(ctx, tx, actor.Workspace, id); err != nil {
			return err
		}
		return audit.Write(ctx, tx, actor, v.clock.Now(), audit.Event{Action: "vault.changed", SubjectKind: "vault",
			SubjectID: id.String(), SubjectName: r.Name, Detail: map[string]any{"was": before.Name, "credentials": access}})
	})
}

// checkChange names every wrong field of a changed vault. An empty field of the
// place means "as it is".
func (in Input) checkChange(r row) error {
	var form fail.Form
	checkName(&form, in.Name)
	same := func(field, wanted, is string) { form.Check(wanted == "" || wanted == is, field, "vault.field.fixed") }
	if r.Kind == Filesystem {
		same("path", in.Path, r.Location.Path)
		return form.Err()
	}
	endpoint, _, ok := cleanEndpoint(in.Endpoint)
	form.Check(ok, "endpoint", "vault.field.endpoint")
	same("endpoint", endpoint, r.Location.Endpoint)
	same("bucket", in.Bucket, r.Location.Bucket)
	same("prefix", cleanPrefix(in.Prefix), r.Location.Prefix)
	if in.AccessKey != "" {
		checkAccessKey(&form, in.AccessKey)
		form.Check(in.SecretKey != "" || in.AccessKey == r.Location.AccessKey, "secret_key", "vault.field.secret_key")
	}
	return form.Err()
}

func (v *Vaults) apply(r *row, in Input) (err error) {
	r.Name = in.Name
	if r.Kind != S3 {
		return nil
	}
	if in.AccessKey != "" {
		r.Location.AccessKey = in.AccessKey
	}
	if in.Region != "" {
		r.Location.Region = in.Region
	}
	if in.SecretKey != "" {
		r.SealedCredentials, err = v.box.Seal([]byte(in.SecretKey.Reveal()), credentialsPlace(r.ID))
	}
	return err
}

// Delete takes a vault out of Levqor; what lies in its place stays there. Needs
// Manage. Conflict while it holds snapshots, or plans and work use it.
func (v *Vaults) Delete(ctx context.Context, actor account.Actor, id uuid.UUID) error {
	if err := actor.Require(account.Manage); err != nil {
		return err
	}
	return v.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		r, err := lock(ctx, tx, id)
		if err != nil {
			return err
		}
		var snapshots, plans, running int
		err = tx.QueryRow(ctx, `SELECT
			(SELECT count(*) FROM snapshots WHERE vault_id = $1 AND state <> 'deleted'),
			(SELECT count(*) FROM plans WHERE vault_id = $1 AND deleted_at IS NULL),
			(SELECT count(*) FROM tasks t WHERE t.state IN ('queued', 'running') AND t.id IN (
				SELECT id FROM backups WHERE vault_id = $1 UNION ALL SELECT id FROM vault_tasks WHERE vault_id = $1))`, id).Scan(&snapshots, &plans, &running)
		switch {
		case err != nil:
			return err
		case snapshots > 0:
			return fail.New(fail.Conflict, "vault.fail.holds_snapshots", "name", r.Name, "count", snapshots)
		case plans > 0:
			return fail.New(fail.Conflict, "vault.fail.has_plans", "name", r.Name, "count", plans)
		case running > 0:
			return fail.New(fail.Conflict, "vault.fail.in_use", "name", r.Name)
		}
		now := v.clock.Now()
		if _, err := tx.Exec(ctx, `UPDATE vaults SET deleted_at = $2, revision = revision + 1 WHERE id = $1`, id, now); err != nil {
			return err
		}
		if err := tell(ctx, tx, actor.Workspace, id); err != nil {
			return err
		}
		return audit.Write(ctx, tx, actor, now, audit.Event{Action: "vault.deleted", SubjectKind: "vault", SubjectID: id.String(), SubjectName: r.Name})
	})
}
