package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"levqor/jobs/db"
	"levqor/jobs/fail"
	"levqor/jobs/live"
	"levqor/jobs/queue"
)

// Args is the job that advances a run.
type Args struct {
	ID string `json:"id"`
}

// Kind names the job.
func (Args) Kind() string { return "run" }

// InsertOpts puts it among the fast and short jobs. A job that fails is tried
// again for about two days: the run's own state says when it is over.
func (Args) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: queue.Steps, MaxAttempts: 16}
}

// enqueue gives claimable runs their job.
func (e *Engine) enqueue(ctx context.Context, tx pgx.Tx, runs []uuid.UUID) error {
	if len(runs) == 0 {
		return nil
	}
	args := make([]river.JobArgs, len(runs))
	for i, id := range runs {
		args[i] = Args{ID: id.String()}
	}
	return e.queue.InsertMany(ctx, tx, args)
}

// Topic of a run's pages and callers.
func Topic(run uuid.UUID) live.Topic { return live.Topic("run-" + run.String()) }

// Why a run was started.
const (
	CauseAPI      = "api"
	CauseEvent    = "event"
	CauseForm     = "form"
	CausePerson   = "person"
	CauseReplay   = "replay"
	CauseSchedule = "schedule"
	CauseTest     = "test"
	CauseWebhook  = "webhook"
	CauseWorkflow = "workflow"
)

// DefaultDeadline of a run.
const DefaultDeadline = 30 * 24 * time.Hour

// New is a run to start. Whoever asks has checked that version, workflow and
// workspace belong together.
type New struct {
	ID        uuid.UUID
	Workspace uuid.UUID
	Workflow  uuid.UUID
	Version   uuid.UUID
	Cause     string
	ActorID   uuid.UUID // Nil: nobody
	ActorName string
	Input     any
	Depth     int
	Parent    uuid.UUID // Nil: none
	ReplayOf  uuid.UUID // Nil: none
	Dedup     string    // "": none. A second run of the workflow with the same is the first one
	Deadline  time.Duration
}

// Started is a run that was accepted: its row and its job are committed.
type Started struct {
	ID     uuid.UUID
	Number int64
	Before bool // an earlier start with the same Dedup
}

// Start accepts a run, together with whatever else starts now.
func (e *Engine) Start(ctx context.Context, n New) (Started, error) {
	return e.starts.Add(ctx, n)
}

// StartIn starts runs when tx commits.
func (e *Engine) StartIn(ctx context.Context, tx pgx.Tx, news []New) ([]Started, error) {
	now := e.clock.Now()
	byWorkspace := map[uuid.UUID][]int{}
	for i := range news {
		if news[i].ID == uuid.Nil {
			news[i].ID = db.NewID()
		}
		byWorkspace[news[i].Workspace] = append(byWorkspace[news[i].Workspace], i)
	}
	started := make([]Started, len(news))
	for _, workspace := range sortedKeys(byWorkspace) {
		if err := e.startSome(ctx, tx, workspace, byWorkspace[workspace], news, started, now); err != nil {
			return nil, err
		}
	}
	return started, nil
}

func (e *Engine) startSome(ctx context.Context, tx pgx.Tx, workspace uuid.UUID, which []int, news []New, started []Started, now time.Time) error {
	var last int64
	err := tx.QueryRow(ctx, `
		INSERT INTO run_lanes AS l (workspace_id, last_number) VALUES ($1, $2)
		ON CONFLICT (workspace_id) DO UPDATE SET last_number = l.last_number + $2 RETURNING last_number`, workspace, len(which)).Scan(&last)
	if err != nil {
		return fmt.Errorf("number runs: %w", err)
	}
	fresh, err := insertRuns(ctx, tx, which, news, last-int64(len(which)), now)
	if err != nil {
		return err
	}
	gated := map[uuid.UUID][]uuid.UUID{}
	var open []uuid.UUID
	for _, i := range which {
		number, ok := fresh[news[i].ID]
		if !ok {
			if started[i], err = findDedup(ctx, tx, news[i]); err != nil {
				return err
			}
			continue
		}
		started[i] = Started{ID: news[i].ID, Number: number.number}
		if number.gated {
			gated[news[i].Workflow] = append(gated[news[i].Workflow], news[i].ID)
		} else {
			open = append(open, news[i].ID)
		}
	}
	for _, workflow := range sortedKeys(gated) {
		in, err := e.atGate(ctx, tx, workflow, gated[workflow])
		if err != nil {
			return err
		}
		open = append(open, in...)
	}
	if len(open) == 0 {
		return nil
	}
	return e.admit(ctx, tx, workspace, open)
}

type numbered struct {
	number int64
	gated  bool
}

// insertRuns inserts those that are not doubles. They stand as held until admitted.
func insertRuns(ctx context.Context, tx pgx.Tx, which []int, news []New, after int64, now time.Time) (map[uuid.UUID]numbered, error) {
	var c struct {
		ids, workspaces, workflows, versions []uuid.UUID
		actors, parents, replays             []*uuid.UUID
		numbers                              []int64
		causes, names, inputs                []string
		depths                               []int
		dedups                               []*string
		deadlines                            []time.Time
	}
	for nth, i := range which {
		n := news[i]
		c.ids, c.workspaces, c.workflows, c.versions = append(c.ids, n.ID), append(c.workspaces, n.Workspace), append(c.workflows, n.Workflow), append(c.versions, n.Version)
		c.actors, c.parents, c.replays = append(c.actors, orNull(n.ActorID)), append(c.parents, orNull(n.Parent)), append(c.replays, orNull(n.ReplayOf))
		input := "null"
		if encoded := text(n.Input); encoded != nil {
			input = *encoded
		}
		var dedup *string
		if n.Dedup != "" {
			dedup = &n.Dedup
		}
		deadline := n.Deadline
		if deadline <= 0 {
			deadline = DefaultDeadline
		}
		c.numbers, c.causes, c.names = append(c.numbers, after+int64(nth)+1), append(c.causes, n.Cause), append(c.names, n.ActorName)
		c.inputs, c.depths, c.dedups, c.deadlines = append(c.inputs, input), append(c.depths, n.Depth), append(c.dedups, dedup), append(c.deadlines, now.Add(deadline))
	}
	rows, err := tx.Query(ctx, `
		WITH fresh AS (
			INSERT INTO runs (id, workspace_id, workflow_id, version_id, number, state, gate, cause, actor_id, actor_name, input, depth, parent_id,
				replay_of, dedup_key, created_at, deadline_at)
			SELECT i.id, i.workspace_id, i.workflow_id, i.version_id, i.number, 'held', 'lane', i.cause, i.actor_id, i.actor_name, i.input::jsonb, i.depth,
				i.parent_id, i.replay_of, i.dedup_key, $15, i.deadline_at
			FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::bigint[], $6::text[], $7::uuid[], $8::text[], $9::text[], $10::int[],
				$11::uuid[], $12::uuid[], $13::text[], $14::timestamptz[])
				AS i (id, workspace_id, workflow_id, version_id, number, cause, actor_id, actor_name, input, depth, parent_id, replay_of, dedup_key, deadline_at)
			ON CONFLICT (workflow_id, dedup_key) WHERE dedup_key IS NOT NULL DO NOTHING
			RETURNING id, number, workflow_id
		)
		SELECT f.id, f.number, w.max_runs > 0 FROM fresh f JOIN workflows w ON w.id = f.workflow_id`,
		c.ids, c.workspaces, c.workflows, c.versions, c.numbers, c.causes, c.actors, c.names, c.inputs, c.depths, c.parents, c.replays, c.dedups, c.deadlines, now)
	if err != nil {
		return nil, fmt.Errorf("insert runs: %w", err)
	}
	fresh := map[uuid.UUID]numbered{}
	var id uuid.UUID
	var one numbered
	_, err = pgx.ForEachRow(rows, []any{&id, &one.number, &one.gated}, func() error {
		fresh[id] = one
		return nil
	})
	return fresh, err
}

func findDedup(ctx context.Context, tx pgx.Tx, n New) (Started, error) {
	s := Started{Before: true}
	err := tx.QueryRow(ctx, `SELECT id, number FROM runs WHERE workflow_id = $1 AND dedup_key = $2`, n.Workflow, n.Dedup).Scan(&s.ID, &s.Number)
	if db.NoRows(err) {
		return Started{}, fail.New(fail.NotFound, "fail.not_found") // its workflow is gone
	}
	return s, err
}

func orNull(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}
