-- +goose Up
-- How many mails a workspace's workflows sent on a day in UTC.
CREATE TABLE mail_days (
  workspace_id uuid NOT NULL REFERENCES workspaces,
  day          date NOT NULL,
  sent         int NOT NULL,
  PRIMARY KEY (workspace_id, day)
);
CALL tenant_table('mail_days');
