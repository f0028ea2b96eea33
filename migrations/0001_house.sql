-- +goose Up
-- Two roles that own nothing and bypass nothing. Every connection of ours runs
-- as levqor_app, which sees one workspace; work across workspaces says so by
-- switching to levqor_system for one transaction.
-- +goose StatementBegin
DO $$
DECLARE
  wanted text;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['levqor_app', 'levqor_system'] LOOP
    BEGIN
      EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
      NULL; -- roles belong to the server, which may hold other databases of ours
    END;
  END LOOP;
  IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
    EXECUTE format('GRANT levqor_app, levqor_system TO %I', current_user);
  END IF;
END $$;
-- +goose StatementEnd

GRANT USAGE ON SCHEMA public TO levqor_app, levqor_system;

-- +goose StatementBegin
CREATE FUNCTION current_workspace() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT nullif(current_setting('levqor.workspace', true), '')::uuid $$;
-- +goose StatementEnd

-- tenant_table puts a table behind row-level security by its workspace_id.
-- +goose StatementBegin
CREATE PROCEDURE tenant_table(wanted regclass) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', wanted);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', wanted);
  EXECUTE format('CREATE POLICY one_workspace ON %s TO levqor_app USING (workspace_id = current_workspace())', wanted);
  EXECUTE format('CREATE POLICY every_workspace ON %s TO levqor_system USING (true)', wanted);
  EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO levqor_app, levqor_system', wanted);
END $$;
-- +goose StatementEnd

-- system_table is for what belongs to no workspace: only system work reads it.
-- +goose StatementBegin
CREATE PROCEDURE system_table(wanted regclass) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO levqor_system', wanted);
END $$;
-- +goose StatementEnd
