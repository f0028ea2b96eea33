package main

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// makeBareTables copies the tables that a run writes, with their indexes.
func (s *street) makeBareTables(ctx context.Context) error {
	_, err := s.pool.Exec(ctx, `
		CREATE SCHEMA bare;
		CREATE TABLE bare.runs (LIKE runs INCLUDING ALL) WITH (fillfactor = 70);
		CREATE TABLE bare.run_step_rows (LIKE run_step_rows INCLUDING ALL);
		CREATE TABLE bare.river_job (LIKE river_job INCLUDING ALL)`)
	return err
}

// bareTen writes what ten steps need at the least, with no program between: the
// run and its job, both taken up, ten finished steps and both done. Three
// transactions, since somebody else takes the run up.
func (s *street) bareTen(ctx context.Context) error {
	id, workspace := uuid.Must(uuid.NewV7()), uuid.UUID{}
	var job int64
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `
			INSERT INTO bare.runs (id, workspace_id, workflow_id, version_id, number, state, cause, input, created_at, deadline_at)
			VALUES ($1, $2, $2, $2, 1, 'running', 'webhook', '{"body": {"order": 42, "total": 18.5, "customer": "Ana"}}', now(), now() + interval '1 day')`, id, workspace); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `
			INSERT INTO bare.river_job (args, kind, max_attempts, queue, state) VALUES (jsonb_build_object('id', $1::text), 'run', 25, 'steps', 'available')
			RETURNING id`, id.String()).Scan(&job)
	})
	if err != nil {
		return err
	}
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE bare.river_job SET state = 'running', attempt = attempt + 1, attempted_at = now(), attempted_by = array_append(attempted_by, 'bench') WHERE id = $1`, job); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE bare.runs SET epoch = epoch + 1, started_at = now() WHERE id = $1`, id)
		return err
	})
	if err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `
			INSERT INTO bare.run_step_rows (run_id, workspace_id, key, step_id, kind, state, take, started_at, took_us, input, output)
			SELECT $1, $2, 's' || i, 's' || i, 'transform', 'succeeded', 1, now(), 10, jsonb_build_object('values', jsonb_build_object('count', 42 + i)), jsonb_build_object('count', 42 + i)
			FROM generate_series(1, 10) i`, id, workspace); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE bare.runs SET state = 'succeeded', steps_done = 10, finished_at = now() WHERE id = $1`, id); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE bare.river_job SET state = 'completed', finalized_at = now() WHERE id = $1`, job)
		return err
	})
}
