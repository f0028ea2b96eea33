-- +goose Up
CREATE TABLE vaults (
  id                 uuid PRIMARY KEY,
  workspace_id       uuid NOT NULL REFERENCES workspaces,
  name               text NOT NULL,
  kind               text NOT NULL CHECK (kind IN ('filesystem', 's3')),
  location           jsonb NOT NULL,             -- no secret in it
  sealed_credentials bytea,
  sealed_key         bytea NOT NULL,
  state              text NOT NULL DEFAULT 'creating' CHECK (state IN ('creating', 'failed', 'ready')),
  created_at         timestamptz NOT NULL,
  used_bytes         bigint,                     -- as last measured
  measured_at        timestamptz,
  upkeep_due_at      timestamptz NOT NULL,
  full_upkeep_at     timestamptz,
  verified_at        timestamptz,
  damage             jsonb NOT NULL DEFAULT '[]', -- what the last verification found
  kit_downloaded_at  timestamptz,
  revision           int NOT NULL DEFAULT 1,
  deleted_at         timestamptz
);
CREATE UNIQUE INDEX vaults_name ON vaults (workspace_id, lower(name)) WHERE deleted_at IS NULL;
CREATE INDEX vaults_upkeep ON vaults (upkeep_due_at) WHERE deleted_at IS NULL AND state = 'ready';
CALL tenant_table('vaults');

CREATE TABLE sources (
  id            uuid PRIMARY KEY,
  workspace_id  uuid NOT NULL REFERENCES workspaces,
  name          text NOT NULL,
  kind          text NOT NULL CHECK (kind IN ('folder', 'postgres', 's3')),
  config        jsonb NOT NULL,                  -- no secret in it
  sealed_secret bytea,
  is_sample     boolean NOT NULL DEFAULT false,
  facts         jsonb NOT NULL DEFAULT '{}',     -- as the last good test or backup saw it
  tested_at     timestamptz,                     -- last good test
  created_at    timestamptz NOT NULL,
  revision      int NOT NULL DEFAULT 1,
  deleted_at    timestamptz
);
CREATE UNIQUE INDEX sources_name ON sources (workspace_id, lower(name)) WHERE deleted_at IS NULL;
CALL tenant_table('sources');

CREATE TABLE source_tests (
  id           uuid PRIMARY KEY REFERENCES tasks ON DELETE CASCADE,
  workspace_id uuid NOT NULL REFERENCES workspaces,
  source_id    uuid NOT NULL REFERENCES sources,
  steps        jsonb NOT NULL DEFAULT '[]',
  created_at   timestamptz NOT NULL
);
CREATE INDEX source_tests_source ON source_tests (source_id, created_at DESC);
CALL tenant_table('source_tests');

CREATE TABLE vault_tasks (
  id           uuid PRIMARY KEY REFERENCES tasks ON DELETE CASCADE,
  workspace_id uuid NOT NULL REFERENCES workspaces,
  vault_id     uuid NOT NULL REFERENCES vaults,
  created_at   timestamptz NOT NULL
);
CREATE INDEX vault_tasks_vault ON vault_tasks (vault_id, created_at DESC);
CALL tenant_table('vault_tasks');

CREATE TABLE plans (
  id             uuid PRIMARY KEY,
  workspace_id   uuid NOT NULL REFERENCES workspaces,
  source_id      uuid NOT NULL REFERENCES sources,
  vault_id       uuid NOT NULL REFERENCES vaults,
  cron           text NOT NULL DEFAULT '',       -- exactly one of cron and every_minutes
  every_minutes  int NOT NULL DEFAULT 0,
  time_zone      text NOT NULL,
  rpo_minutes    int NOT NULL CHECK (rpo_minutes > 0),
  rto_minutes    int NOT NULL CHECK (rto_minutes > 0),
  keep           jsonb NOT NULL,
  drill_cron     text NOT NULL DEFAULT '',       -- empty: only on demand
  assertions     jsonb NOT NULL DEFAULT '[]',    -- [{"name": …, "database": …, "query": …}]
  paused_at      timestamptz,
  next_at        timestamptz,                    -- null while paused
  last_slot      timestamptz,
  next_drill_at  timestamptz,
  last_drill_slot timestamptz,
  expiry_due_at  timestamptz NOT NULL,
  created_at     timestamptz NOT NULL,
  revision       int NOT NULL DEFAULT 1,
  deleted_at     timestamptz,
  CHECK ((cron <> '') <> (every_minutes > 0))
);
CREATE INDEX plans_source ON plans (source_id) WHERE deleted_at IS NULL;
CREATE INDEX plans_due ON plans (next_at) WHERE deleted_at IS NULL AND paused_at IS NULL;
CREATE INDEX plans_drill_due ON plans (next_drill_at) WHERE deleted_at IS NULL AND paused_at IS NULL;
CREATE INDEX plans_expiry_due ON plans (expiry_due_at);
CALL tenant_table('plans');

CREATE TABLE backups (
  id           uuid PRIMARY KEY REFERENCES tasks ON DELETE CASCADE,
  workspace_id uuid NOT NULL REFERENCES workspaces,
  plan_id      uuid NOT NULL REFERENCES plans,
  source_id    uuid NOT NULL REFERENCES sources,
  vault_id     uuid NOT NULL REFERENCES vaults,
  slot         timestamptz,                      -- the schedule's instant; null on demand
  missed       int NOT NULL DEFAULT 0,           -- slots before it that passed unserved
  snapshot_id  uuid,
  created_at   timestamptz NOT NULL,
  UNIQUE (plan_id, slot)
);
CREATE INDEX backups_source ON backups (source_id, created_at DESC, id);
CALL tenant_table('backups');

CREATE TABLE snapshots (
  id           uuid PRIMARY KEY,
  workspace_id uuid NOT NULL REFERENCES workspaces,
  plan_id      uuid NOT NULL REFERENCES plans,
  source_id    uuid NOT NULL REFERENCES sources,
  vault_id     uuid NOT NULL REFERENCES vaults,
  manifest_id  text NOT NULL,
  taken_at     timestamptz NOT NULL,
  bytes        bigint NOT NULL,
  stored_bytes bigint NOT NULL,                  -- new in the vault when taken
  files        bigint NOT NULL,
  rows         bigint,                           -- databases only
  truth        jsonb NOT NULL,                   -- what was captured: a drill compares with it
  state        text NOT NULL DEFAULT 'good' CHECK (state IN ('damaged', 'deleted', 'deleting', 'good')),
  keep_reasons text[] NOT NULL DEFAULT '{}',     -- as the last expiry run decided
  expires_at   timestamptz,
  proven_at    timestamptz,
  deleted_at   timestamptz
);
CREATE INDEX snapshots_plan ON snapshots (plan_id, taken_at DESC, id);
CREATE INDEX snapshots_source ON snapshots (source_id, taken_at DESC, id);
CREATE INDEX snapshots_recent ON snapshots (workspace_id, taken_at DESC, id) WHERE state <> 'deleted';
CREATE UNIQUE INDEX snapshots_manifest ON snapshots (vault_id, manifest_id);
CALL tenant_table('snapshots');

CREATE TABLE holds (
  id            uuid PRIMARY KEY,
  workspace_id  uuid NOT NULL REFERENCES workspaces,
  snapshot_id   uuid NOT NULL REFERENCES snapshots,
  reason        text NOT NULL,
  until         timestamptz,                     -- null: until released
  held_by       text NOT NULL,
  created_at    timestamptz NOT NULL,
  released_at   timestamptz,
  released_by   text NOT NULL DEFAULT ''
);
CREATE INDEX holds_snapshot ON holds (snapshot_id);
CREATE INDEX holds_recent ON holds (workspace_id, created_at DESC);
CALL tenant_table('holds');

CREATE TABLE restores (
  id            uuid PRIMARY KEY REFERENCES tasks ON DELETE CASCADE,
  workspace_id  uuid NOT NULL REFERENCES workspaces,
  snapshot_id   uuid NOT NULL REFERENCES snapshots,
  source_id     uuid NOT NULL REFERENCES sources,
  target_kind   text NOT NULL CHECK (target_kind IN ('bucket', 'database', 'download', 'folder')),
  target        jsonb NOT NULL,                  -- no secret in it
  sealed_secret bytea,
  paths         text[] NOT NULL DEFAULT '{}',    -- empty: everything
  over_live     boolean NOT NULL DEFAULT false,
  result        jsonb NOT NULL DEFAULT '{}',
  created_at    timestamptz NOT NULL
);
CREATE INDEX restores_recent ON restores (workspace_id, created_at DESC, id);
CREATE INDEX restores_source ON restores (source_id, created_at DESC);
CALL tenant_table('restores');

-- ed25519 keys that sign proofs; the newest signs, all of them verify.
CREATE TABLE signing_keys (
  id             text PRIMARY KEY,
  public_key     bytea NOT NULL,
  sealed_private bytea NOT NULL,
  created_at     timestamptz NOT NULL
);
CALL system_table('signing_keys');
GRANT SELECT (id, public_key, created_at) ON signing_keys TO levqor_app;

CREATE TABLE drills (
  id           uuid PRIMARY KEY REFERENCES tasks ON DELETE CASCADE,
  workspace_id uuid NOT NULL REFERENCES workspaces,
  plan_id      uuid NOT NULL REFERENCES plans,
  source_id    uuid NOT NULL REFERENCES sources,
  snapshot_id  uuid REFERENCES snapshots,        -- chosen when it starts
  slot         timestamptz,
  passed       boolean,                          -- null until there is a proof
  rto_ms       bigint,
  rpo_seconds  bigint,
  checks_total int,
  checks_good  int,
  proof        jsonb,                            -- the signed document, byte for byte as signed in ->>'document'
  proven_at    timestamptz,
  created_at   timestamptz NOT NULL,
  UNIQUE (plan_id, slot)
);
CREATE INDEX drills_source ON drills (source_id, created_at DESC, id);
CREATE INDEX drills_recent ON drills (workspace_id, created_at DESC, id);
CREATE INDEX drills_plan ON drills (plan_id, created_at DESC);
CALL tenant_table('drills');

-- One row a thing that is wrong now; resolved_at closes it.
CREATE TABLE alerts (
  id           uuid PRIMARY KEY,
  workspace_id uuid NOT NULL REFERENCES workspaces,
  source_id    uuid NOT NULL REFERENCES sources,
  plan_id      uuid NOT NULL REFERENCES plans,
  kind         text NOT NULL CHECK (kind IN ('backup_failed', 'backup_overdue', 'proof_failed')),
  task_id      uuid,
  failure_class text NOT NULL DEFAULT '',
  failure_key  text NOT NULL DEFAULT '',
  failure_args jsonb NOT NULL DEFAULT '{}',
  times        int NOT NULL DEFAULT 1,
  opened_at    timestamptz NOT NULL,
  last_at      timestamptz NOT NULL,
  resolved_at  timestamptz
);
CREATE UNIQUE INDEX alerts_open ON alerts (plan_id, kind) WHERE resolved_at IS NULL;
CREATE INDEX alerts_recent ON alerts (workspace_id, opened_at DESC);
CALL tenant_table('alerts');

CREATE TABLE notifications (
  id           uuid PRIMARY KEY,
  workspace_id uuid NOT NULL REFERENCES workspaces,
  kind         text NOT NULL,                    -- words: alert.notice.<kind>
  severity     text NOT NULL CHECK (severity IN ('error', 'info', 'success', 'warning')),
  args         jsonb NOT NULL DEFAULT '{}',
  path         text NOT NULL,                    -- where it is mended
  created_at   timestamptz NOT NULL
);
CREATE INDEX notifications_recent ON notifications (workspace_id, created_at DESC);
CALL tenant_table('notifications');

CREATE TABLE notification_reads (
  workspace_id uuid NOT NULL REFERENCES workspaces,
  user_id      uuid NOT NULL REFERENCES users,
  read_to      timestamptz NOT NULL,
  PRIMARY KEY (workspace_id, user_id)
);
CALL tenant_table('notification_reads');
