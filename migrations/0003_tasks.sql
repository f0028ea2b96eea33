-- +goose Up
-- A task is one long piece of work that people can watch and cancel: a source
-- test, a backup, a restore, a drill, a vault's upkeep. Its line adds a detail
-- row with the same id. epoch is the fencing token: claiming bumps it, and every
-- later write of the claimant says AND epoch = ….
CREATE TABLE tasks (
  id                  uuid PRIMARY KEY,
  workspace_id        uuid NOT NULL REFERENCES workspaces,
  kind                text NOT NULL CHECK (kind IN ('backup', 'drill', 'restore', 'source_test', 'vault_setup', 'vault_upkeep')),
  state               text NOT NULL DEFAULT 'queued' CHECK (state IN ('canceled', 'failed', 'queued', 'running', 'succeeded')),
  subject_name        text NOT NULL,
  exclusive_key       text,               -- at most one unfinished task carries it
  cause               text NOT NULL CHECK (cause IN ('api', 'person', 'schedule', 'system')),
  actor_name          text NOT NULL DEFAULT '',
  topics              text[] NOT NULL DEFAULT '{}', -- told of each change of state
  epoch               int NOT NULL DEFAULT 0,
  attempt             int NOT NULL DEFAULT 0,
  created_at          timestamptz NOT NULL,
  started_at          timestamptz,
  finished_at         timestamptz,
  cancel_requested_at timestamptz,
  phase               text NOT NULL DEFAULT '',
  current             text NOT NULL DEFAULT '',
  bytes_done          bigint NOT NULL DEFAULT 0,
  bytes_total         bigint NOT NULL DEFAULT 0,  -- 0: not known
  bytes_stored        bigint NOT NULL DEFAULT 0,
  items_done          bigint NOT NULL DEFAULT 0,
  items_total         bigint NOT NULL DEFAULT 0,
  rate                bigint NOT NULL DEFAULT 0,  -- bytes a second, smoothed
  progress_at         timestamptz,
  failure_class       text NOT NULL DEFAULT '',
  failure_key         text NOT NULL DEFAULT '',
  failure_args        jsonb NOT NULL DEFAULT '{}',
  retry_at            timestamptz,
  request_id          text NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX tasks_exclusive ON tasks (exclusive_key) WHERE state IN ('queued', 'running');
CREATE INDEX tasks_recent ON tasks (workspace_id, created_at DESC, id);
CREATE INDEX tasks_kind ON tasks (workspace_id, kind, created_at DESC, id);
CREATE INDEX tasks_active ON tasks (created_at) WHERE state IN ('queued', 'running');
CALL tenant_table('tasks');

CREATE TABLE task_logs (
  task_id      uuid NOT NULL REFERENCES tasks ON DELETE CASCADE,
  seq          bigint GENERATED ALWAYS AS IDENTITY,
  workspace_id uuid NOT NULL,
  at           timestamptz NOT NULL,
  key          text NOT NULL,
  args         jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (task_id, seq)
);
CALL tenant_table('task_logs');
