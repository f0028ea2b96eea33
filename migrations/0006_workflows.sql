-- +goose Up
CREATE TABLE workflows (
  id              uuid PRIMARY KEY,
  workspace_id    uuid NOT NULL REFERENCES workspaces,
  name            text NOT NULL,
  about           text NOT NULL DEFAULT '',
  draft           jsonb NOT NULL,
  draft_revision  int NOT NULL DEFAULT 1,          -- counts edits, undone ones too
  draft_at        timestamptz NOT NULL,
  live_version_id uuid,                            -- null: never published
  max_runs        int NOT NULL DEFAULT 0,          -- of the live version; 0: no limit of its own
  paused_at       timestamptz,                     -- its triggers are deaf
  created_by      uuid,
  created_at      timestamptz NOT NULL,
  deleted_at      timestamptz
);
CREATE UNIQUE INDEX workflows_name ON workflows (workspace_id, lower(name)) WHERE deleted_at IS NULL;
CALL tenant_table('workflows');

CREATE TABLE workflow_versions (
  id           uuid PRIMARY KEY,
  workspace_id uuid NOT NULL REFERENCES workspaces,
  workflow_id  uuid NOT NULL REFERENCES workflows,
  number       int NOT NULL,
  definition   jsonb NOT NULL,                     -- never changes
  note         text NOT NULL DEFAULT '',
  author_id    uuid,
  author_name  text NOT NULL,
  created_at   timestamptz NOT NULL,
  UNIQUE (workflow_id, number)
);
CALL tenant_table('workflow_versions');

-- The op log: what undo takes back, and who did what.
CREATE TABLE workflow_edits (
  workflow_id  uuid NOT NULL REFERENCES workflows ON DELETE CASCADE,
  revision     int NOT NULL,
  workspace_id uuid NOT NULL REFERENCES workspaces,
  op           jsonb NOT NULL,
  before       jsonb NOT NULL,                     -- the draft that it changed
  author_name  text NOT NULL,
  at           timestamptz NOT NULL,
  undone       boolean NOT NULL DEFAULT false,
  PRIMARY KEY (workflow_id, revision)
);
CALL tenant_table('workflow_edits');

-- What the live versions listen to; rewritten at each publishing.
CREATE TABLE workflow_triggers (
  workflow_id  uuid PRIMARY KEY REFERENCES workflows ON DELETE CASCADE,
  workspace_id uuid NOT NULL REFERENCES workspaces,
  kind         text NOT NULL CHECK (kind IN ('event', 'form', 'manual', 'schedule', 'webhook')),
  event        text NOT NULL DEFAULT '',
  source_id    uuid,                               -- events of this source alone
  cron         text NOT NULL DEFAULT '',
  every_minutes int NOT NULL DEFAULT 0,
  time_zone    text NOT NULL DEFAULT 'UTC',
  next_at      timestamptz,
  token_hash   bytea UNIQUE,                       -- webhook and form addresses
  sealed_token bytea,                              -- to show the address again
  config       jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX workflow_triggers_due ON workflow_triggers (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX workflow_triggers_event ON workflow_triggers (workspace_id, event) WHERE event <> '';
CALL tenant_table('workflow_triggers');

-- How many runs of a workspace are at work; above most, runs are held.
CREATE TABLE run_lanes (
  workspace_id uuid PRIMARY KEY REFERENCES workspaces,
  in_flight    int NOT NULL DEFAULT 0,
  held         int NOT NULL DEFAULT 0,
  most         int NOT NULL DEFAULT 50,
  last_number  bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
CALL tenant_table('run_lanes');

-- A run of a version. epoch is the fencing token: claiming bumps it, and every
-- later write says AND epoch = …. It has a job exactly while it is running. wakes counts what woke it: a run goes to sleep
-- only if nothing did meanwhile.
CREATE TABLE runs (
  id            uuid PRIMARY KEY,
  workspace_id  uuid NOT NULL,
  workflow_id   uuid NOT NULL,
  version_id    uuid NOT NULL,
  number        bigint NOT NULL,
  state         text NOT NULL CHECK (state IN ('canceled', 'failed', 'held', 'running', 'succeeded', 'waiting')),
  cause         text NOT NULL CHECK (cause IN ('api', 'event', 'form', 'person', 'replay', 'schedule', 'test', 'webhook', 'workflow')),
  actor_id      uuid,
  actor_name    text NOT NULL DEFAULT '',
  gate          text NOT NULL DEFAULT '' CHECK (gate IN ('', 'lane', 'workflow')), -- where a held run stands
  epoch         int NOT NULL DEFAULT 0,
  wakes         int NOT NULL DEFAULT 0,
  take          int NOT NULL DEFAULT 1,            -- bumped by each retry: failed steps of earlier takes don't count
  steps_done    int NOT NULL DEFAULT 0,
  input         jsonb NOT NULL,
  output        jsonb,
  reply         jsonb,                             -- what a synchronous caller is told
  depth         int NOT NULL DEFAULT 0,            -- of workflows that run workflows
  parent_id     uuid,
  replay_of     uuid,
  dedup_key     text,
  created_at    timestamptz NOT NULL,
  started_at    timestamptz,
  finished_at   timestamptz,
  deadline_at   timestamptz NOT NULL,
  worked_us     bigint NOT NULL DEFAULT 0,
  failed_step   text NOT NULL DEFAULT '',          -- the key of the step that failed the run
  failure_class text NOT NULL DEFAULT '',
  failure_key   text NOT NULL DEFAULT '',
  failure_args  jsonb NOT NULL DEFAULT '{}'
) WITH (fillfactor = 70);
CREATE INDEX runs_recent ON runs (workspace_id, id DESC);
CREATE INDEX runs_workflow ON runs (workflow_id, id DESC);
CREATE INDEX runs_held_lane ON runs (workspace_id, id) WHERE state = 'held' AND gate = 'lane';
CREATE INDEX runs_held_workflow ON runs (workflow_id, id) WHERE state = 'held' AND gate = 'workflow';
CREATE INDEX runs_open ON runs (workflow_id) WHERE state IN ('held', 'running', 'waiting');
CREATE INDEX runs_finished ON runs (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX runs_failed ON runs (workspace_id, finished_at) WHERE state = 'failed';
CREATE INDEX runs_parent ON runs (parent_id) WHERE parent_id IS NOT NULL;
CREATE UNIQUE INDEX runs_dedup ON runs (workflow_id, dedup_key) WHERE dedup_key IS NOT NULL;
CALL tenant_table('runs');

-- Finished steps: inserted once, never changed.
CREATE TABLE run_steps (
  run_id        uuid NOT NULL,
  key           text NOT NULL,                     -- "mail", "each[3]/mail"
  take          int NOT NULL,
  workspace_id  uuid NOT NULL,
  step_id       text NOT NULL,
  kind          text NOT NULL,
  state         text NOT NULL CHECK (state IN ('caught', 'failed', 'succeeded')),
  class         text NOT NULL DEFAULT 'A',
  tries         jsonb,                             -- earlier tries: [{"at", "took_us", "key"}]
  started_at    timestamptz NOT NULL,
  took_us       bigint NOT NULL,
  input         jsonb,                             -- as rendered, secrets masked
  output        jsonb,
  failure_class text NOT NULL DEFAULT '',
  failure_key   text NOT NULL DEFAULT '',
  failure_args  jsonb,
  PRIMARY KEY (run_id, key, take)
);
CALL tenant_table('run_steps');

-- What a run waits for: a moment, a person, a callback, a task, another run.
CREATE TABLE run_waits (
  run_id       uuid NOT NULL,
  key          text NOT NULL,
  workspace_id uuid NOT NULL,
  step_id      text NOT NULL,
  kind         text NOT NULL CHECK (kind IN ('approval', 'callback', 'delay', 'intent', 'retry', 'run', 'task', 'unknown')),
  state        text NOT NULL DEFAULT 'open' CHECK (state IN ('closed', 'open')),
  take         int NOT NULL,
  began_at     timestamptz NOT NULL,
  wake_at      timestamptz,                        -- null: no deadline of its own
  ref_id       uuid,                               -- the task or run waited for
  token_hash   bytea,                              -- of a callback's address
  input        jsonb,                              -- the step as rendered
  hash         text NOT NULL DEFAULT '',           -- of input: what an approval is bound to
  class        text NOT NULL DEFAULT 'A',
  tries        jsonb,
  answer       jsonb,                              -- what closed it
  PRIMARY KEY (run_id, key)
);
CREATE INDEX run_waits_due ON run_waits (wake_at) WHERE state = 'open' AND wake_at IS NOT NULL;
CREATE INDEX run_waits_ref ON run_waits (ref_id) WHERE state = 'open' AND ref_id IS NOT NULL;
CREATE UNIQUE INDEX run_waits_token ON run_waits (token_hash) WHERE token_hash IS NOT NULL;
CREATE INDEX run_waits_people ON run_waits (workspace_id, began_at) WHERE state = 'open' AND kind IN ('approval', 'unknown');
CALL tenant_table('run_waits');

-- "Always allow": steps that need no person any more, for exactly this effect.
CREATE TABLE trusts (
  id           uuid PRIMARY KEY,
  workspace_id uuid NOT NULL REFERENCES workspaces,
  workflow_id  uuid NOT NULL REFERENCES workflows,
  step_id      text NOT NULL,
  reach        text NOT NULL,                      -- to whom: addresses, host and method
  granted_by   text NOT NULL,
  created_at   timestamptz NOT NULL,
  revoked_at   timestamptz
);
CREATE UNIQUE INDEX trusts_one ON trusts (workflow_id, step_id, reach) WHERE revoked_at IS NULL;
CALL tenant_table('trusts');

-- Small state that runs of a workflow share.
CREATE TABLE workflow_values (
  workflow_id  uuid NOT NULL REFERENCES workflows ON DELETE CASCADE,
  name         text NOT NULL,
  workspace_id uuid NOT NULL REFERENCES workspaces,
  value        jsonb NOT NULL,
  updated_at   timestamptz NOT NULL,
  PRIMARY KEY (workflow_id, name)
);
CALL tenant_table('workflow_values');

-- Named secrets of steps, for the hosts that they were made for.
CREATE TABLE credentials (
  id           uuid PRIMARY KEY,
  workspace_id uuid NOT NULL REFERENCES workspaces,
  name         text NOT NULL,
  kind         text NOT NULL CHECK (kind IN ('basic', 'bearer', 'header')),
  host         text NOT NULL,                      -- the only host that may see it
  sealed       bytea NOT NULL,
  created_at   timestamptz NOT NULL,
  used_at      timestamptz,
  deleted_at   timestamptz
);
CREATE UNIQUE INDEX credentials_name ON credentials (workspace_id, lower(name)) WHERE deleted_at IS NULL;
CALL tenant_table('credentials');

-- Analytics, an hour a row; slowest is by step id.
CREATE TABLE run_hours (
  workflow_id  uuid NOT NULL REFERENCES workflows ON DELETE CASCADE,
  hour         timestamptz NOT NULL,
  workspace_id uuid NOT NULL REFERENCES workspaces,
  succeeded    int NOT NULL DEFAULT 0,
  failed       int NOT NULL DEFAULT 0,
  canceled     int NOT NULL DEFAULT 0,
  took_ms      bigint[] NOT NULL DEFAULT '{}',     -- a histogram: buckets double from 1 ms
  causes       jsonb NOT NULL DEFAULT '{}',        -- failure key → count
  steps        jsonb NOT NULL DEFAULT '{}',        -- step id → [count, microseconds]
  PRIMARY KEY (workflow_id, hour)
);
CALL tenant_table('run_hours');
