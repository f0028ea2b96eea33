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

	bulk bool
}

// Kind names the job.
func (Args) Kind() string { return "run" }

// InsertOpts puts it among the fast and short jobs. A job that fails is tried
// again for about two days: the run's own state says when it is over.
func (a Args) InsertOpts() river.InsertOpts {
	if a.bulk {
		return river.InsertOpts{Queue: queue.Bulk, MaxAttempts: 16}
	}
	return river.InsertOpts{Queue: queue.Steps, MaxAttempts: 16}
}

// enqueue gives claimable runs of a workspace their job; before them, inFlight of
// its runs were at work.
func (e *Engine) enqueue(ctx context.Context, tx pgx.Tx, runs []uuid.UUID, inFlight int) error {
	if len(runs) == 0 {
		return nil
	}
	args := make([]river.JobArgs, len(runs))
	for i, id := range runs {
		args[i] = Args{ID: id.String(), bulk: inFlight+i >= share}
	}
	return e.queue.InsertMany(ctx, tx, args)
}

// Topic of a run's pages and callers.
func Topic(run uuid.UUID) live.Topic { return live.Topic("run-" + run.String()) }

// AllRuns is told when runs of a workspace end, fall asleep or are decided on.
const AllRuns live.Topic = "runs"

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
	gated, err := gatedOf(ctx, tx, which, news)
	if err != nil {
		return err
	}
	open := 0
	for _, i := range which {
		if !gated[news[i].Workflow] {
			open++
		}
	}
	lane, err := enterLane(ctx, tx, workspace, len(which), open)
	if err != nil {
		return err
	}
	free := lane.free
	planned := make([]standing, 0, len(which))
	for nth, i := range which {
		p := standing{number: lane.last - int64(len(which)) + int64(nth) + 1, state: Held, gate: "workflow"}
		if !gated[news[i].Workflow] {
			p.gate = "lane"
			if free > 0 {
				free--
				p.state, p.gate = Running, ""
			}
		}
		planned = append(planned, p)
	}
	fresh, err := insertRuns(ctx, tx, which, planned, news, now)
	if err != nil {
		return err
	}
	return e.settleStarts(ctx, tx, workspace, which, planned, lane.inFlight, fresh, news, started)
}

// settleStarts gives the admitted runs their jobs, lets gated ones knock, and
// gives back what was planned for runs that turned out to be doubles.
func (e *Engine) settleStarts(ctx context.Context, tx pgx.Tx, workspace uuid.UUID, which []int, planned []standing, inFlight int, fresh map[uuid.UUID]bool, news []New, started []Started) (err error) {
	var admitted []uuid.UUID
	knocking := map[uuid.UUID][]uuid.UUID{}
	unused, unheld := 0, 0
	for nth, i := range which {
		p, n := planned[nth], news[i]
		if !fresh[n.ID] {
			if started[i], err = findDedup(ctx, tx, n); err != nil {
				return err
			}
			switch p.gate {
			case "":
				unused++
			case "lane":
				unheld++
			}
			continue
		}
		started[i] = Started{ID: n.ID, Number: p.number}
		switch p.gate {
		case "":
			admitted = append(admitted, n.ID)
		case "workflow":
			knocking[n.Workflow] = append(knocking[n.Workflow], n.ID)
		}
	}
	if err := e.enqueue(ctx, tx, admitted, inFlight); err != nil {
		return err
	}
	for _, workflow := range sortedKeys(knocking) {
		in, err := e.atGate(ctx, tx, workflow, knocking[workflow])
		if err != nil {
			return err
		}
		if err := e.admit(ctx, tx, workspace, in); err != nil {
			return err
		}
	}
	if unused+unheld == 0 {
		return nil
	}
	if _, err := tx.Exec(ctx, `UPDATE run_lanes SET held = greatest(0, held - $2) WHERE workspace_id = $1`, workspace, unheld); err != nil {
		return err
	}
	return e.leave(ctx, tx, workspace, unused)
}

// standing is where a new run stands.
type standing struct {
	number int64
	state  State
	gate   string
}

// gatedOf is the workflows that let in only so many runs at once.
func gatedOf(ctx context.Context, tx pgx.Tx, which []int, news []New) (map[uuid.UUID]bool, error) {
	seen := map[uuid.UUID]bool{}
	for _, i := range which {
		seen[news[i].Workflow] = false
	}
	rows, err := tx.Query(ctx, `SELECT id FROM workflows WHERE id = ANY($1) AND max_runs > 0`, sortedKeys(seen))
	if err != nil {
		return nil, fmt.Errorf("look at the workflows' gates: %w", err)
	}
	gated, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	for _, id := range gated {
		seen[id] = true
	}
	return seen, err
}

// entered is what a lane gave new runs: the last of their numbers, and how many
// it let in beside how many.
type entered struct {
	last           int64
	free, inFlight int
}

// enterLane numbers n new runs of a workspace, and lets those of open in that
// there is room for; the others are counted as held.
func enterLane(ctx context.Context, tx pgx.Tx, workspace uuid.UUID, n, open int) (in entered, err error) {
	for range 2 {
		err = tx.QueryRow(ctx, `
			WITH was AS (SELECT in_flight, greatest(0, least($3::int, most - in_flight)) AS free FROM run_lanes WHERE workspace_id = $1 FOR UPDATE)
			UPDATE run_lanes l SET last_number = last_number + $2, in_flight = l.in_flight + free, held = held + ($3::int - free) FROM was
			WHERE workspace_id = $1 RETURNING last_number, free, was.in_flight`, workspace, n, open).Scan(&in.last, &in.free, &in.inFlight)
		if !db.NoRows(err) {
			break
		}
		if _, err := tx.Exec(ctx, `INSERT INTO run_lanes (workspace_id) VALUES ($1) ON CONFLICT DO NOTHING`, workspace); err != nil {
			return in, fmt.Errorf("make a lane: %w", err)
		}
	}
	if err != nil {
		return in, fmt.Errorf("enter the lane of %s: %w", workspace, err)
	}
	return in, nil
}

// insertRuns inserts those that are not doubles, and returns which they were.
func insertRuns(ctx context.Context, tx pgx.Tx, which []int, planned []standing, news []New, now time.Time) (map[uuid.UUID]bool, error) {
	var c struct {
		ids, workspaces, workflows, versions []uuid.UUID
		actors, parents, replays             []*uuid.UUID
		numbers                              []int64
		states, gates, causes, names, inputs []string
		depths                               []int
		dedups                               []*string
		deadlines                            []time.Time
	}
	for nth, i := range which {
		n, p := news[i], planned[nth]
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
		c.numbers, c.states, c.gates = append(c.numbers, p.number), append(c.states, string(p.state)), append(c.gates, p.gate)
		c.causes, c.names, c.inputs = append(c.causes, n.Cause), append(c.names, n.ActorName), append(c.inputs, input)
		c.depths, c.dedups, c.deadlines = append(c.depths, n.Depth), append(c.dedups, dedup), append(c.deadlines, now.Add(deadline))
	}
	rows, err := tx.Query(ctx, `
		INSERT INTO runs (id, workspace_id, workflow_id, version_id, number, state, gate, cause, actor_id, actor_name, input, depth, parent_id,
			replay_of, dedup_key, created_at, deadline_at)
		SELECT i.id, i.workspace_id, i.workflow_id, i.version_id, i.number, i.state, i.gate, i.cause, i.actor_id, i.actor_name, i.input::jsonb, i.depth,
			i.parent_id, i.replay_of, i.dedup_key, $17, i.deadline_at
		FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::bigint[], $6::text[], $7::text[], $8::text[], $9::uuid[], $10::text[], $11::text[],
			$12::int[], $13::uuid[], $14::uuid[], $15::text[], $16::timestamptz[])
			AS i (id, workspace_id, workflow_id, version_id, number, state, gate, cause, actor_id, actor_name, input, depth, parent_id, replay_of, dedup_key, deadline_at)
		ON CONFLICT (workflow_id, dedup_key) WHERE dedup_key IS NOT NULL DO NOTHING
		RETURNING id`,
		c.ids, c.workspaces, c.workflows, c.versions, c.numbers, c.states, c.gates, c.causes, c.actors, c.names, c.inputs, c.depths, c.parents, c.replays, c.dedups, c.deadlines, now)
	if err != nil {
		return nil, fmt.Errorf("insert runs: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	fresh := make(map[uuid.UUID]bool, len(ids))
	for _, id := range ids {
		fresh[id] = true
	}
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
