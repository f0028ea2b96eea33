-- +goose Up
ALTER TABLE tasks
  DROP CONSTRAINT tasks_kind_check,
  ADD CONSTRAINT tasks_kind_check CHECK (kind IN ('ai_call', 'backup', 'drill', 'restore', 'source_test', 'vault_setup', 'vault_upkeep'));

-- A question to the AI service and what it said. What was asked is forgotten once
-- it is answered; the tokens stay: they are what a month's allowance is counted by.
CREATE TABLE ai_calls (
  id           uuid PRIMARY KEY REFERENCES tasks ON DELETE CASCADE,
  workspace_id uuid NOT NULL REFERENCES workspaces,
  question     jsonb,
  reply        text,
  cut          boolean NOT NULL DEFAULT false,     -- the service, or we, left off before its end
  reserved     int NOT NULL,                       -- tokens set aside while it is not answered
  tokens       int,                                -- null: not answered
  created_at   timestamptz NOT NULL
);
CREATE INDEX ai_calls_month ON ai_calls (workspace_id, created_at);
CREATE INDEX ai_calls_kept ON ai_calls (created_at) WHERE question IS NOT NULL OR reply IS NOT NULL;
CALL tenant_table('ai_calls');
