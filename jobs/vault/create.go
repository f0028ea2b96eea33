package vault

import (
	"context"
	"crypto/rand"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/audit"
	"levqor/jobs/db"
	"levqor/jobs/fail"
)

// keyBytes is the size of a vault's key.
const keyBytes = 32

// Create adds a vault and starts its set-up, which makes the repository. Needs
// Manage. Invalid names every wrong field; Conflict when the name is taken or
// the place is another vault's.
func (v *Vaults) Create(ctx context.Context, actor account.Actor, in Input) (id, setup uuid.UUID, err error) {
	if err := actor.Require(account.Manage); err != nil {
		return uuid.Nil, uuid.Nil, err
	}
	at, err := in.check(v.options)
	if err != nil {
		return uuid.Nil, uuid.Nil, err
	}
	r := row{ID: db.NewID(), WorkspaceID: actor.Workspace, Name: in.Name, Kind: in.Kind, Location: at}
	if at.Managed {
		r.Location.Path = v.managedDir(r.ID)
	}
	if err := v.seal(&r, in); err != nil {
		return uuid.Nil, uuid.Nil, err
	}
	// Places are compared with those of every workspace, so this is system work.
	err = v.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		setup, err = v.create(ctx, tx, actor, r)
		return err
	})
	return r.ID, setup, err
}

func (v *Vaults) create(ctx context.Context, tx pgx.Tx, actor account.Actor, r row) (setup uuid.UUID, err error) {
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('levqor vault places'))`); err != nil {
		return uuid.Nil, err
	}
	taken, err := places(ctx, tx)
	if err != nil {
		return uuid.Nil, err
	}
	for _, other := range taken {
		if r.Location.overlaps(other) {
			return uuid.Nil, placeTaken(r.Kind)
		}
	}
	now := v.clock.Now()
	if err := insert(ctx, tx, r, now); err != nil {
		return uuid.Nil, err
	}
	if setup, err = v.enqueueSetup(ctx, tx, actor, r); err != nil {
		return uuid.Nil, err
	}
	return setup, audit.Write(ctx, tx, actor, now, audit.Event{Action: "vault.created", SubjectKind: "vault",
		SubjectID: r.ID.String(), SubjectName: r.Name, Detail: map[string]any{"kind": r.Kind}})
}

// seal encrypts a fresh key and the credentials for their places in the row.
func (v *Vaults) seal(r *row, in Input) (err error) {
	key := make([]byte, keyBytes)
	if _, err := rand.Read(key); err != nil {
		return err
	}
	if r.SealedKey, err = v.box.Seal(key, keyPlace(r.ID)); err != nil {
		return err
	}
	if in.Kind == S3 {
		r.SealedCredentials, err = v.box.Seal([]byte(in.SecretKey.Reveal()), credentialsPlace(r.ID))
	}
	return err
}

func keyPlace(id uuid.UUID) string { return "vaults/" + id.String() + "/key" }

func credentialsPlace(id uuid.UUID) string { return "vaults/" + id.String() + "/credentials" }

func placeTaken(kind Kind) error {
	field := "path"
	if kind == S3 {
		field = "bucket"
	}
	return &fail.Error{Kind: fail.Conflict, Key: "vault.fail.place_taken", Fields: []fail.Field{{Name: field, Key: "vault.field.place_taken"}}}
}
