-- +goose Up
-- state says where a snapshot is in its life; health what is known of its content.
-- Doubt never deletes: nothing that removes copies reads health but to keep more.
ALTER TABLE snapshots
  ADD COLUMN health      text NOT NULL DEFAULT 'sound' CHECK (health IN ('damaged', 'doubted', 'sound')),
  ADD COLUMN doubted_at  timestamptz,             -- when a fault was first found, null while sound
  ADD COLUMN doubt       jsonb,                   -- what was found: cause (content, read), key, args
  ADD COLUMN doubt_reads int NOT NULL DEFAULT 0,  -- re-reads since that found it again
  ADD COLUMN reread_at   timestamptz,             -- when it is read again; null: not by itself
  ADD COLUMN unreadable  jsonb,                   -- what of it could not be read, as last looked at
  ADD COLUMN adopted_at  timestamptz;             -- found in its vault, not recorded by its backup
UPDATE snapshots SET state = 'good', health = 'damaged', doubted_at = taken_at WHERE state = 'damaged';
ALTER TABLE snapshots
  DROP CONSTRAINT snapshots_state_check,
  ADD CONSTRAINT snapshots_state_check CHECK (state IN ('deleted', 'deleting', 'good')),
  ADD CONSTRAINT snapshots_doubt_check CHECK ((health = 'sound') = (doubted_at IS NULL) AND (health = 'doubted' OR reread_at IS NULL));
CREATE INDEX snapshots_reread ON snapshots (reread_at) WHERE reread_at IS NOT NULL;
CREATE INDEX snapshots_unsound ON snapshots (vault_id) WHERE health <> 'sound' AND state = 'good';
