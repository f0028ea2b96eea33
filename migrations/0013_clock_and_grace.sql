-- +goose Up
-- Rules that a change replaced and that hold on until its grace is over:
-- [{"keep", "zone", "until", "at", "by", "removes"}], oldest first.
ALTER TABLE plans ADD COLUMN earlier_rules jsonb NOT NULL DEFAULT '[]';

-- What the clock said last, and by how much it jumped since it was last believed.
CREATE TABLE clock_checks (
  only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  seen_at    timestamptz NOT NULL,
  off_us     bigint NOT NULL DEFAULT 0,   -- the sum of its jumps; about 0: it is believed
  jumped_at  timestamptz,                 -- what it said right after the first of them
  apart_us   bigint NOT NULL DEFAULT 0,   -- a worker's clock against the database's, when they were last far apart
  apart_at   timestamptz                  -- by the database's clock
);
CALL system_table('clock_checks');
GRANT SELECT ON clock_checks TO levqor_app;

-- Who said that the time is right after a jump of that size.
CREATE TABLE clock_confirmations (
  workspace_id uuid PRIMARY KEY REFERENCES workspaces,
  off_us       bigint NOT NULL,
  by_name      text NOT NULL,
  at           timestamptz NOT NULL
);
CALL tenant_table('clock_confirmations');
