-- +goose Up
-- What the rule of protection compares copies by, read without their whole truth.
ALTER TABLE snapshots
  ADD COLUMN tables bigint GENERATED ALWAYS AS ((truth ->> 'tables')::bigint) STORED,
  ADD COLUMN databases jsonb NOT NULL GENERATED ALWAYS AS (jsonb_path_query_array(truth, '$.postgres.databases[*].name')) STORED;
CREATE INDEX drills_snapshot ON drills (snapshot_id, created_at DESC);

ALTER TABLE alerts
  DROP CONSTRAINT alerts_kind_check,
  ADD CONSTRAINT alerts_kind_check CHECK (CASE WHEN kind = 'vault_damaged'
    THEN plan_id IS NULL AND source_id IS NULL AND vault_id IS NOT NULL
    ELSE kind IN ('backup_failed', 'backup_overdue', 'incomplete', 'proof_failed', 'proof_old', 'shape_changed')
      AND plan_id IS NOT NULL AND source_id IS NOT NULL AND vault_id IS NULL END);
