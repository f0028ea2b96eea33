package source

import (
	"bytes"
	"context"
	"encoding/json"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/audit"
	"levqor/jobs/db"
	"levqor/jobs/fail"
)

// Create adds a source and starts its first test. Needs Manage. Invalid names
// every wrong field; Conflict when the name is taken.
func (s *Sources) Create(ctx context.Context, actor account.Actor, in Input) (id, test uuid.UUID, err error) {
	if err := actor.Require(account.Manage); err != nil {
		return uuid.Nil, uuid.Nil, err
	}
	if err := in.check(s.options, false); err != nil {
		return uuid.Nil, uuid.Nil, err
	}
	r := row{ID: db.NewID(), WorkspaceID: actor.Workspace, Name: in.Name, Kind: in.Kind, CreatedAt: s.clock.Now(), Revision: 1}
	if err := s.fill(&r, in); err != nil {
		return uuid.Nil, uuid.Nil, err
	}
	err = s.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		if err := refuseVaults(ctx, tx, in); err != nil {
			return err
		}
		test, err = s.create(ctx, tx, actor, r, "source.created")
		return err
	})
	return r.ID, test, err
}

func (s *Sources) create(ctx context.Context, tx pgx.Tx, actor account.Actor, r row, action string) (test uuid.UUID, err error) {
	if err := insert(ctx, tx, r); err != nil {
		return uuid.Nil, err
	}
	if test, err = s.enqueueTest(ctx, tx, actor, r); err != nil {
		return uuid.Nil, err
	}
	return test, audit.Write(ctx, tx, actor, r.CreatedAt, audit.Event{Action: action, SubjectKind: "source",
		SubjectID: r.ID.String(), SubjectName: r.Name, Detail: map[string]any{"kind": r.Kind}})
}

// fill puts settings and secret into the row; an empty secret keeps what is there.
func (s *Sources) fill(r *row, in Input) (err error) {
	if r.Config, err = in.Config.encode(r.Kind); err != nil {
		return err
	}
	if in.Secret != "" && r.Kind != Folder {
		r.SealedSecret, err = s.box.Seal([]byte(in.Secret.Reveal()), secretPlace(r.ID))
	}
	return err
}

func secretPlace(id uuid.UUID) string { return "sources/" + id.String() }

// Update changes a source, not its kind, and tests it when its access changed
// (test is Nil when only the name did). An empty secret keeps the stored one,
// unless the secret would then go to another host: what nobody can read back
// must not be sent where somebody else listens. revision 0 changes whatever is
// there; else Conflict when somebody changed it meanwhile. Needs Manage.
func (s *Sources) Update(ctx context.Context, actor account.Actor, id uuid.UUID, revision int, in Input) (test uuid.UUID, err error) {
	if err := actor.Require(account.Manage); err != nil {
		return uuid.Nil, err
	}
	err = s.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		r, err := lock(ctx, tx, id)
		if err != nil {
			return err
		}
		if revision != 0 && revision != r.Revision {
			return fail.New(fail.Conflict, "fail.conflict")
		}
		test, err = s.update(ctx, tx, actor, r, in)
		return err
	})
	return test, err
}

func (s *Sources) update(ctx context.Context, tx pgx.Tx, actor account.Actor, r row, in Input) (test uuid.UUID, err error) {
	before, err := decode(r.Kind, r.Config)
	if err != nil {
		return uuid.Nil, err
	}
	if r.IsSample {
		in.Kind, in.Config, in.Secret = r.Kind, before, "" // its access is ours to know
	} else if err := in.checkChange(s.options, r, before); err != nil {
		return uuid.Nil, err
	}
	if err := refuseVaults(ctx, tx, in); err != nil {
		return uuid.Nil, err
	}
	was := r
	if err := s.fill(&r, in); err != nil {
		return uuid.Nil, err
	}
	r.Name, r.Revision = in.Name, was.Revision+1
	if err := update(ctx, tx, r); err != nil {
		return uuid.Nil, err
	}
	access := in.Secret != "" || !sameJSON(was.Config, r.Config)
	if access {
		if test, err = s.enqueueTest(ctx, tx, actor, r); err != nil {
			return uuid.Nil, err
		}
	}
	if err := tell(ctx, tx, actor.Workspace, r.ID); err != nil {
		return uuid.Nil, err
	}
	return test, audit.Write(ctx, tx, actor, s.clock.Now(), audit.Event{Action: "source.changed", SubjectKind: "source",
		SubjectID: r.ID.String(), SubjectName: r.Name, Detail: map[string]any{"was": was.Name, "access": access}})
}

func (in *Input) checkChange(o Options, r row, before Config) error {
	kept := len(r.SealedSecret) > 0
	var form fail.Form
	form.Check(in.Kind == "" || in.Kind == r.Kind, "kind", "source.field.kind_fixed")
	in.Kind = r.Kind
	adopt(&form, in.check(o, kept))
	if kept && in.Secret == "" && in.Config.host() != before.host() {
		field := map[Kind]string{Postgres: "password", S3: "secret_key"}[r.Kind]
		form.Add(field, "source.field.secret_again")
	}
	return form.Err()
}

// sameJSON compares what Postgres gives back, in its own order, with ours.
func sameJSON(a, b json.RawMessage) bool {
	canonical := func(raw json.RawMessage) []byte {
		var v any
		if json.Unmarshal(raw, &v) != nil {
			return raw
		}
		out, err := json.Marshal(v)
		if err != nil {
			return raw
		}
		return out
	}
	return bytes.Equal(canonical(a), canonical(b))
}

// Get needs View. NotFound for another workspace's source.
func (s *Sources) Get(ctx context.Context, actor account.Actor, id uuid.UUID) (found Source, err error) {
	err = s.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		found, err = s.GetIn(ctx, tx, actor, id)
		return err
	})
	return found, err
}

// GetIn is Get in tx, which sees the actor's workspace.
func (s *Sources) GetIn(ctx context.Context, tx pgx.Tx, actor account.Actor, id uuid.UUID) (Source, error) {
	if err := actor.Require(account.View); err != nil {
		return Source{}, err
	}
	found, err := list(ctx, tx, &id)
	if err != nil {
		return Source{}, err
	}
	if len(found) == 0 {
		return Source{}, fail.New(fail.NotFound, "fail.not_found")
	}
	return found[0], nil
}

// List is every source of the workspace, by name. Needs View.
func (s *Sources) List(ctx context.Context, actor account.Actor) (found []Source, err error) {
	if err := actor.Require(account.View); err != nil {
		return nil, err
	}
	err = s.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		found, err = list(ctx, tx, nil)
		return err
	})
	return found, err
}
