-- +goose Up
-- What a POST with an Idempotency-Key was answered, for a day: who did not hear
-- the answer asks again, and nothing is done twice.
CREATE TABLE api_replays (
  token_id     uuid NOT NULL REFERENCES api_tokens,
  key          text NOT NULL,
  workspace_id uuid NOT NULL REFERENCES workspaces,
  request_mac  bytea NOT NULL,          -- of route and body, keyed with the token: bodies may hold passwords
  status       int,                     -- null while the first request is at work
  headers      jsonb NOT NULL DEFAULT '{}',
  body         bytea NOT NULL DEFAULT '',
  created_at   timestamptz NOT NULL,
  PRIMARY KEY (token_id, key)
);
CREATE INDEX api_replays_old ON api_replays (created_at);
CALL tenant_table('api_replays');
