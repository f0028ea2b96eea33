-- +goose Up
-- An alert is about a plan or about a vault.
ALTER TABLE alerts
  ALTER COLUMN plan_id DROP NOT NULL,
  ALTER COLUMN source_id DROP NOT NULL,
  ADD COLUMN vault_id uuid REFERENCES vaults,
  ADD COLUMN about_id uuid NOT NULL GENERATED ALWAYS AS (coalesce(plan_id, vault_id)) STORED,
  DROP CONSTRAINT alerts_kind_check,
  ADD CONSTRAINT alerts_kind_check CHECK (CASE WHEN kind IN ('backup_failed', 'backup_overdue', 'proof_failed')
    THEN plan_id IS NOT NULL AND source_id IS NOT NULL AND vault_id IS NULL
    ELSE kind = 'vault_damaged' AND plan_id IS NULL AND source_id IS NULL AND vault_id IS NOT NULL END);
DROP INDEX alerts_open;
CREATE UNIQUE INDEX alerts_open ON alerts (about_id, kind) WHERE resolved_at IS NULL;
