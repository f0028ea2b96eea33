package restore

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"levqor/jobs/account"
	"levqor/jobs/audit"
	"levqor/jobs/db"
	"levqor/jobs/queue"
	"levqor/jobs/task"
)

// Args is the job of a restore.
type Args struct {
	ID string `json:"id"`
}

// Kind names the job.
func (Args) Kind() string { return string(task.Restore) }

// InsertOpts puts it on the queue of restores.
func (Args) InsertOpts() river.InsertOpts { return river.InsertOpts{Queue: queue.Restores} }

// Start orders a restore. Needs Operate; over live data also a confirmed
// identity (StepUp) and the source's typed name. Invalid names every wrong field;
// Conflict (task.fail.busy) while another restore goes to the same place. A
// download is done at once: its files are streamed to whoever fetches them.
func (r *Restores) Start(ctx context.Context, actor account.Actor, in Input) (id uuid.UUID, err error) {
	err = r.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		id, err = r.StartIn(ctx, tx, actor, in)
		return err
	})
	return id, err
}

// StartIn is Start once tx, which sees the actor's workspace, commits.
func (r *Restores) StartIn(ctx context.Context, tx pgx.Tx, actor account.Actor, in Input) (uuid.UUID, error) {
	if err := r.allow(actor, in); err != nil {
		return uuid.Nil, err
	}
	s, err := r.settle(ctx, tx, actor, in)
	if err != nil {
		return uuid.Nil, err
	}
	id := db.NewID()
	sealed, err := r.seal(id, s.secret)
	if err != nil {
		return uuid.Nil, err
	}
	target, err := json.Marshal(s.target)
	if err != nil {
		return uuid.Nil, err
	}
	return id, r.insert(ctx, tx, actor, s, order{ID: id, Copy: s.copy, Kind: in.Kind, Target: target, Sealed: sealed, Paths: s.in.Paths, OverLive: in.OverLive, At: r.clock.Now()})
}

// allow is what every order asks first.
func (r *Restores) allow(actor account.Actor, in Input) error {
	if err := actor.Require(account.Operate); err != nil {
		return err
	}
	if in.OverLive {
		return actor.RequireStepUp(r.clock.Now())
	}
	return nil
}

func (r *Restores) insert(ctx context.Context, tx pgx.Tx, actor account.Actor, s settled, o order) error {
	err := task.Create(ctx, tx, actor, o.At, task.New{ID: o.ID, Kind: task.Restore, SubjectName: s.copy.SourceName,
		ExclusiveKey: s.exclusiveKey(), Cause: task.CauseOf(actor), Topics: []string{"restores", "source-" + s.copy.SourceID.String()}})
	if err != nil {
		return err
	}
	if err := insertRestore(ctx, tx, o); err != nil {
		return err
	}
	if o.Kind == Download {
		if err := finishDownload(ctx, tx, o); err != nil {
			return err
		}
	} else if err := task.Enqueue(ctx, tx, r.queue, o.ID, Args{ID: o.ID.String()}); err != nil {
		return err
	}
	return audit.Write(ctx, tx, actor, o.At, audit.Event{Action: "restore.started", SubjectKind: "restore", SubjectID: o.ID.String(), SubjectName: s.copy.SourceName,
		Detail: map[string]any{"snapshot": o.Copy.ID, "kind": o.Kind, "place": s.target.Place, "names": s.target.Names, "over_live": o.OverLive, "paths": len(o.Paths)}})
}

// exclusiveKey keeps two restores from writing to one place.
func (s settled) exclusiveKey() string {
	if s.in.Kind == Download {
		return ""
	}
	key := "restore-" + s.copy.Workspace.String() + "-" + string(s.in.Kind) + "-" + s.target.Place
	for _, from := range sortedKeys(s.target.Names) {
		key += "-" + s.target.Names[from]
	}
	return key
}

// seal keeps the secret of a typed address; nil without one.
func (r *Restores) seal(id uuid.UUID, secret string) ([]byte, error) {
	if secret == "" {
		return nil, nil
	}
	return r.box.Seal([]byte(secret), place(id))
}

func place(id uuid.UUID) string { return "restores/" + id.String() }
