-- +goose Up
-- What a process looks at before it starts: that its master key is the one that the
-- secrets here are sealed with, and that the schema is its own.
CREATE TABLE installation (
  only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  sealed_key_check bytea,                 -- sealed with the master key by the first process
  probed_at  timestamptz                  -- the last time that a write was tried
);
INSERT INTO installation DEFAULT VALUES;
CALL system_table('installation');
GRANT SELECT ON goose_db_version TO levqor_system;
