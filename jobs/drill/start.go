package drill

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"levqor/jobs/account"
	"levqor/jobs/audit"
	"levqor/jobs/db"
	"levqor/jobs/fail"
	"levqor/jobs/queue"
	"levqor/jobs/task"
)

// Args is the job of a drill.
type Args struct {
	ID string `json:"id"`
}

// Kind names the job.
func (Args) Kind() string { return string(task.Drill) }

// InsertOpts puts it on the queue of drills.
func (Args) InsertOpts() river.InsertOpts { return river.InsertOpts{Queue: queue.Drills} }

// Start proves the plan's newest good snapshot now. Needs Operate. Conflict:
// drill.fail.no_snapshot, or task.fail.busy while another drill of the plan runs.
func (d *Drills) Start(ctx context.Context, actor account.Actor, plan uuid.UUID) (id uuid.UUID, err error) {
	err = d.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		id, err = d.StartIn(ctx, tx, actor, plan)
		return err
	})
	return id, err
}

// StartIn is Start once tx, which sees the actor's workspace, commits.
func (d *Drills) StartIn(ctx context.Context, tx pgx.Tx, actor account.Actor, plan uuid.UUID) (uuid.UUID, error) {
	return d.startBy(ctx, tx, actor, plan, nil)
}

// StartSnapshot proves that one snapshot now; otherwise it is as Start.
func (d *Drills) StartSnapshot(ctx context.Context, actor account.Actor, snapshot uuid.UUID) (id uuid.UUID, err error) {
	err = d.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		plan, err := planOfSnapshot(ctx, tx, snapshot)
		if err != nil {
			return err
		}
		id, err = d.startBy(ctx, tx, actor, plan, &snapshot)
		return err
	})
	return id, err
}

// StartAll proves every source that has a copy and no drill on its way, and says
// how many drills that started. Needs Operate.
func (d *Drills) StartAll(ctx context.Context, actor account.Actor) (started int, err error) {
	if err := actor.Require(account.Operate); err != nil {
		return 0, err
	}
	err = d.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		plans, err := provablePlans(ctx, tx)
		if err != nil {
			return err
		}
		for _, p := range plans {
			_, err := d.insert(ctx, tx, actor, task.CauseOf(actor), p, nil, nil)
			if err != nil && !fail.Is(err, fail.Conflict) {
				return err
			}
			if err == nil {
				started++
			}
		}
		return nil
	})
	return started, err
}

func (d *Drills) startBy(ctx context.Context, tx pgx.Tx, actor account.Actor, plan uuid.UUID, snapshot *uuid.UUID) (uuid.UUID, error) {
	if err := actor.Require(account.Operate); err != nil {
		return uuid.Nil, err
	}
	p, err := lockPlan(ctx, tx, plan)
	if err != nil {
		return uuid.Nil, err
	}
	if !p.HasCopy {
		return uuid.Nil, fail.New(fail.Conflict, "drill.fail.no_snapshot", "name", p.SourceName)
	}
	return d.insert(ctx, tx, actor, task.CauseOf(actor), p, snapshot, nil)
}

// insert adds task, detail row, job and audit event.
func (d *Drills) insert(ctx context.Context, tx pgx.Tx, actor account.Actor, cause task.Cause, p planRow, snapshot *uuid.UUID, slot *time.Time) (uuid.UUID, error) {
	id, now := db.NewID(), d.clock.Now()
	err := task.Create(ctx, tx, actor, now, task.New{ID: id, Kind: task.Drill, SubjectName: p.SourceName,
		ExclusiveKey: "drill-" + p.ID.String(), Cause: cause, Topics: []string{"drills", "source-" + p.SourceID.String()}})
	if err != nil {
		return uuid.Nil, err
	}
	if err := insertDrill(ctx, tx, id, p, snapshot, slot, now); err != nil {
		return uuid.Nil, err
	}
	if err := task.Enqueue(ctx, tx, d.queue, id, Args{ID: id.String()}); err != nil {
		return uuid.Nil, err
	}
	return id, audit.Write(ctx, tx, actor, now, audit.Event{Action: "drill.started", SubjectKind: "drill", SubjectID: id.String(), SubjectName: p.SourceName,
		Detail: map[string]any{"cause": cause}})
}
