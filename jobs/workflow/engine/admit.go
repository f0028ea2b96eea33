package engine

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/live"
)

// Two gates stand before a run. The workflow's lets in so many of its runs as its
// settings say, from their start to their end. Then the workspace's lane lets in
// so many that are at work right now. Above that a run is held without a job, so
// that a workspace with ten thousand runs stands in nobody's way; whoever leaves
// lets the next in, in the same transaction.
//
// Of those in the lane, the first few go to a queue of their own: however much one
// workspace has at work, there is a slot free for the others.

// share of a workspace's runs in flight that go at once; those beyond, and runs
// that used up a job's budget, go to the queue for bulk.
const share = 24

// admit lets runs of one workspace into its lane, the first first, or holds them.
func (e *Engine) admit(ctx context.Context, tx pgx.Tx, workspace uuid.UUID, runs []uuid.UUID) error {
	var free, inFlight int
	err := tx.QueryRow(ctx, `
		WITH was AS (SELECT greatest(0, least($2::int, most - in_flight)) AS free FROM run_lanes WHERE workspace_id = $1 FOR UPDATE)
		UPDATE run_lanes SET in_flight = in_flight + free, held = held + ($2::int - free) FROM was
		WHERE workspace_id = $1 RETURNING free, in_flight`, workspace, len(runs)).Scan(&free, &inFlight)
	if err != nil {
		return fmt.Errorf("enter the lane of %s: %w", workspace, err)
	}
	if _, err := tx.Exec(ctx, `
		UPDATE runs SET state = CASE WHEN id = ANY($1) THEN 'running' ELSE 'held' END, gate = CASE WHEN id = ANY($1) THEN '' ELSE 'lane' END
		WHERE id = ANY($2)`, runs[:free], runs); err != nil {
		return fmt.Errorf("admit runs: %w", err)
	}
	return e.enqueue(ctx, tx, runs[:free], inFlight-free)
}

// leave gives n places of a lane back and lets held runs have them.
func (e *Engine) leave(ctx context.Context, tx pgx.Tx, workspace uuid.UUID, n int) error {
	var held, free, inFlight int
	err := tx.QueryRow(ctx, `
		UPDATE run_lanes SET in_flight = greatest(0, in_flight - $2) WHERE workspace_id = $1
		RETURNING held, most - in_flight, in_flight`, workspace, n).Scan(&held, &free, &inFlight)
	if err != nil {
		return fmt.Errorf("leave the lane of %s: %w", workspace, err)
	}
	if held == 0 || free <= 0 {
		return nil
	}
	rows, err := tx.Query(ctx, `
		WITH next AS (SELECT id FROM runs WHERE workspace_id = $1 AND state = 'held' AND gate = 'lane' ORDER BY id LIMIT $2 FOR UPDATE)
		UPDATE runs r SET state = 'running', gate = '' FROM next WHERE r.id = next.id RETURNING r.id`, workspace, free)
	if err != nil {
		return fmt.Errorf("let held runs in: %w", err)
	}
	in, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `
		UPDATE run_lanes SET in_flight = in_flight + $2, held = CASE WHEN $2 < $3 THEN 0 ELSE greatest(0, held - $2) END WHERE workspace_id = $1`,
		workspace, len(in), free); err != nil {
		return err
	}
	return e.enqueue(ctx, tx, in, inFlight)
}

// atGate holds those of new runs that their workflow has no room for, and returns
// the others. The workflow's row is locked where it counts.
func (e *Engine) atGate(ctx context.Context, tx pgx.Tx, workflow uuid.UUID, runs []uuid.UUID) ([]uuid.UUID, error) {
	var most, busy int
	err := tx.QueryRow(ctx, `SELECT max_runs FROM workflows WHERE id = $1 FOR NO KEY UPDATE`, workflow).Scan(&most)
	if err != nil || most == 0 {
		return runs, err
	}
	if err := tx.QueryRow(ctx, `
		SELECT count(*) FROM runs WHERE workflow_id = $1 AND state IN ('held', 'running', 'waiting') AND gate <> 'workflow'
		  AND NOT id = ANY($2)`, workflow, runs).Scan(&busy); err != nil {
		return nil, err
	}
	room := min(max(0, most-busy), len(runs))
	_, err = tx.Exec(ctx, `UPDATE runs SET state = 'held', gate = 'workflow' WHERE id = ANY($1)`, runs[room:])
	return runs[:room], err
}

// openGate lets the next runs of workflows on to the lane, after others ended.
func (e *Engine) openGate(ctx context.Context, tx pgx.Tx, workspace uuid.UUID, workflows []uuid.UUID) error {
	rows, err := tx.Query(ctx, `
		SELECT r.id FROM workflows w CROSS JOIN LATERAL (
			SELECT id FROM runs WHERE workflow_id = w.id AND state = 'held' AND gate = 'workflow' ORDER BY id
			LIMIT CASE WHEN w.max_runs = 0 THEN 1000 ELSE greatest(0, w.max_runs - (
				SELECT count(*) FROM runs WHERE workflow_id = w.id AND state IN ('held', 'running', 'waiting') AND gate <> 'workflow')) END
		) r WHERE w.id = ANY($1) FOR NO KEY UPDATE OF w`, workflows)
	if err != nil {
		return fmt.Errorf("open the workflows' gates: %w", err)
	}
	next, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil || len(next) == 0 {
		return err
	}
	return e.admit(ctx, tx, workspace, next)
}

// afterwards is what the end, or the sleep, of runs means to others: the next are
// let in, whoever waited for them wakes, pages and callers are told.
func (e *Engine) afterwards(ctx context.Context, tx pgx.Tx, left []claimed, states map[uuid.UUID]State) error {
	leaving, ended, gates, news := map[uuid.UUID]int{}, []uuid.UUID{}, map[uuid.UUID][]uuid.UUID{}, []live.News{}
	for _, r := range left {
		if leaving[r.Workspace]++; leaving[r.Workspace] == 1 {
			news = append(news, live.News{Workspace: r.Workspace, Topic: AllRuns})
		}
		news = append(news, live.News{Workspace: r.Workspace, Topic: Topic(r.ID)})
		if !states[r.ID].Final() {
			continue
		}
		if r.IsChild {
			ended = append(ended, r.ID)
		}
		if r.Gated {
			gates[r.Workspace] = append(gates[r.Workspace], r.Workflow)
		}
	}
	if err := live.NotifyAll(ctx, tx, news); err != nil {
		return err
	}
	for _, workspace := range sortedKeys(leaving) {
		if err := e.leave(ctx, tx, workspace, leaving[workspace]); err != nil {
			return err
		}
		if flows := gates[workspace]; len(flows) > 0 {
			if err := e.openGate(ctx, tx, workspace, flows); err != nil {
				return err
			}
		}
	}
	return e.wakeParents(ctx, tx, ended)
}

// sortedKeys keeps every transaction locking in one order.
func sortedKeys[V any](m map[uuid.UUID]V) []uuid.UUID {
	return slices.SortedFunc(maps.Keys(m), func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
}
