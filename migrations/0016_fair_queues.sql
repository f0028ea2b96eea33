-- +goose Up
-- A task waits without a job while its workspace has its share of that work in
-- hand; whoever makes room gives the next its job. How much is in hand is counted,
-- never kept: nothing can drift.
ALTER TABLE tasks
  ADD COLUMN waits boolean NOT NULL DEFAULT false,
  ADD COLUMN queue text NOT NULL DEFAULT '';          -- where its job goes
CREATE INDEX tasks_in_hand ON tasks (workspace_id, kind) WHERE state IN ('queued', 'running') AND NOT waits;
CREATE INDEX tasks_waiting ON tasks (workspace_id, kind, created_at, id) WHERE waits AND state = 'queued';
