-- +goose Up
-- What is known of the installation itself: where its own database is backed up,
-- and whether it stands in quarantine after it was brought back from there.
CREATE TABLE recovery_state (
  only_row           boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  sealed_place       bytea,                     -- location and key; null: nobody chose one
  place              text NOT NULL DEFAULT '',  -- in words
  chosen_at          timestamptz,
  dump_asked_at      timestamptz,               -- a dump is under way or failed since
  dumped_at          timestamptz,               -- the moment that the newest dump shows
  dump_bytes         bigint NOT NULL DEFAULT 0,
  dump_failure       text NOT NULL DEFAULT '',  -- why the last one failed
  maintained_at      timestamptz,
  quarantined_at     timestamptz,               -- nothing is sent or deleted until released
  recovered_from     timestamptz,               -- the moment that the dump showed
  released_at        timestamptz,
  released_by        text NOT NULL DEFAULT ''
);
INSERT INTO recovery_state DEFAULT VALUES;
CALL system_table('recovery_state');
GRANT SELECT (only_row, quarantined_at) ON recovery_state TO levqor_app;

-- A mail that was queued when the dump was taken may have been sent since.
ALTER TABLE mails DROP CONSTRAINT mails_state_check;
ALTER TABLE mails ADD CONSTRAINT mails_state_check CHECK (state IN ('failed', 'queued', 'sent', 'unknown'));
CREATE INDEX mails_unknown ON mails (created_at) WHERE state = 'unknown';

-- So may the steps of a run that was open then.
ALTER TABLE runs ADD COLUMN doubted boolean NOT NULL DEFAULT false;
