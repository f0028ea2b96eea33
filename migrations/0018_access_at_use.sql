-- +goose Up
-- A token is its owner's, and may do what he may at the moment. One without an
-- owner was made on the command line, by whoever runs the installation.
ALTER TABLE api_tokens ADD COLUMN owner_id uuid REFERENCES users;
CREATE INDEX api_tokens_owner ON api_tokens (owner_id) WHERE owner_id IS NOT NULL;
UPDATE api_tokens t SET owner_id = e.actor_id FROM audit_events e
WHERE e.workspace_id = t.workspace_id AND e.action = 'token.created' AND e.subject_id = t.id::text AND e.actor_kind = 'person';
CREATE INDEX invitations_inviter ON invitations (invited_by);
