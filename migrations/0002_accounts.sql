-- +goose Up
CREATE TABLE users (
  id         uuid PRIMARY KEY,
  email      text NOT NULL,                -- as typed; unique by its folded form
  email_key  text NOT NULL UNIQUE,         -- NFKC, lower case
  name       text NOT NULL DEFAULT '',
  locale     text NOT NULL DEFAULT 'en',
  time_zone  text NOT NULL DEFAULT 'UTC',
  theme      text NOT NULL DEFAULT 'system' CHECK (theme IN ('dark', 'light', 'system')),
  rail_slim  boolean NOT NULL DEFAULT false,
  is_admin   boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL
);
CALL system_table('users');

CREATE TABLE workspaces (
  id           uuid PRIMARY KEY,
  workspace_id uuid GENERATED ALWAYS AS (id) STORED,
  name         text NOT NULL,
  time_zone    text NOT NULL DEFAULT 'UTC',
  created_at   timestamptz NOT NULL
);
CALL tenant_table('workspaces');

CREATE TABLE members (
  workspace_id uuid NOT NULL REFERENCES workspaces,
  user_id      uuid NOT NULL REFERENCES users,
  role         text NOT NULL CHECK (role IN ('owner', 'admin', 'operator', 'viewer')),
  created_at   timestamptz NOT NULL,
  PRIMARY KEY (workspace_id, user_id)
);
CREATE INDEX members_user ON members (user_id);
CALL tenant_table('members');

CREATE TABLE invitations (
  id           uuid PRIMARY KEY,
  workspace_id uuid NOT NULL REFERENCES workspaces,
  email        text NOT NULL,
  email_key    text NOT NULL,
  role         text NOT NULL CHECK (role IN ('admin', 'operator', 'viewer')),
  token_hash   bytea NOT NULL UNIQUE,
  invited_by   uuid NOT NULL REFERENCES users,
  created_at   timestamptz NOT NULL,
  expires_at   timestamptz NOT NULL,
  accepted_at  timestamptz,
  revoked_at   timestamptz
);
CREATE INDEX invitations_workspace ON invitations (workspace_id, created_at DESC);
CALL tenant_table('invitations');

CREATE TABLE sessions (
  id            uuid PRIMARY KEY,
  user_id       uuid NOT NULL REFERENCES users,
  workspace_id  uuid REFERENCES workspaces, -- the one last looked at
  token_hash    bytea NOT NULL UNIQUE,
  user_agent    text NOT NULL DEFAULT '',
  ip            text NOT NULL DEFAULT '',
  created_at    timestamptz NOT NULL,
  last_seen_at  timestamptz NOT NULL,
  expires_at    timestamptz NOT NULL,
  stepped_up_at timestamptz,
  revoked_at    timestamptz
);
CREATE INDEX sessions_user ON sessions (user_id, last_seen_at DESC);
CALL system_table('sessions');

-- sign_in_links hold hashes only; browser_hash binds the link to the browser that asked.
CREATE TABLE sign_in_links (
  id           uuid PRIMARY KEY,
  purpose      text NOT NULL CHECK (purpose IN ('sign_in', 'step_up')),
  email        text NOT NULL,
  email_key    text NOT NULL,
  token_hash   bytea NOT NULL UNIQUE,
  code_hash    bytea NOT NULL,
  code_tries   int NOT NULL DEFAULT 0,
  browser_hash bytea NOT NULL,
  created_at   timestamptz NOT NULL,
  expires_at   timestamptz NOT NULL,
  consumed_at  timestamptz
);
CREATE INDEX sign_in_links_browser ON sign_in_links (browser_hash, created_at DESC);
CALL system_table('sign_in_links');

CREATE TABLE rate_limits (
  key        text NOT NULL,
  window_at  timestamptz NOT NULL,
  hits       int NOT NULL,
  PRIMARY KEY (key, window_at)
);
CALL system_table('rate_limits');

CREATE TABLE api_tokens (
  id           uuid PRIMARY KEY,
  workspace_id uuid NOT NULL REFERENCES workspaces,
  name         text NOT NULL,
  hint         text NOT NULL,              -- the last four characters, to recognise it by
  token_hash   bytea NOT NULL UNIQUE,
  scopes       text[] NOT NULL,
  created_by   text NOT NULL,
  created_at   timestamptz NOT NULL,
  expires_at   timestamptz,
  last_used_at timestamptz,
  revoked_at   timestamptz
);
CREATE INDEX api_tokens_workspace ON api_tokens (workspace_id, created_at DESC);
CALL tenant_table('api_tokens');

CREATE TABLE audit_events (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  workspace_id uuid REFERENCES workspaces,
  at           timestamptz NOT NULL,
  actor_kind   text NOT NULL CHECK (actor_kind IN ('admin', 'person', 'system', 'token')),
  actor_id     uuid,
  actor_name   text NOT NULL,
  action       text NOT NULL,              -- as in snapshot.deleted; its text is audit.action.<action>
  subject_kind text NOT NULL,
  subject_id   text NOT NULL,
  subject_name text NOT NULL DEFAULT '',
  detail       jsonb NOT NULL DEFAULT '{}',
  request_id   text NOT NULL DEFAULT ''
);
CREATE INDEX audit_events_workspace ON audit_events (workspace_id, id DESC);
CALL tenant_table('audit_events');
REVOKE UPDATE, DELETE ON audit_events FROM levqor_app, levqor_system;

-- A mail's words may hold a sign-in link, so its content is sealed.
CREATE TABLE mails (
  id           uuid PRIMARY KEY,
  workspace_id uuid REFERENCES workspaces,
  kind         text NOT NULL,
  to_address   text NOT NULL,
  locale       text NOT NULL,
  sealed_args  bytea NOT NULL,
  state        text NOT NULL DEFAULT 'queued' CHECK (state IN ('failed', 'queued', 'sent')),
  provider_id  text NOT NULL DEFAULT '',
  failure_key  text NOT NULL DEFAULT '',
  created_at   timestamptz NOT NULL,
  sent_at      timestamptz
);
CREATE INDEX mails_recent ON mails (created_at DESC);
CALL system_table('mails');
GRANT INSERT ON mails TO levqor_app;

-- The product's clock, when a test drives it (LEVQOR_TEST_CLOCK).
CREATE TABLE test_clock (
  only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  offset_us  bigint NOT NULL
);
CALL system_table('test_clock');
GRANT SELECT ON test_clock TO levqor_app;
