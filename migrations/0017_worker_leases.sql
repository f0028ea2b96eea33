-- +goose Up
-- Each worker process beats here every second, by this database's clock. Whoever has
-- not beaten for a lease has lost it, and other workers take up its jobs.
CREATE TABLE worker_leases (
  worker       text PRIMARY KEY,          -- its River client's id
  session      text NOT NULL,             -- application_name of its connections: a lost lease ends them
  beat_at      timestamptz NOT NULL,
  steady_since timestamptz NOT NULL,      -- it has seen this database answer since then
  lost_at      timestamptz                -- set by another worker: from then on it may touch nothing
);
CALL system_table('worker_leases');
