-- +goose Up
-- What happened to backups and may start workflows: written by the change itself, for
-- workspaces that listen alone; taken when its runs are started. The end of a task has
-- a job of its own that tells of it.
CREATE TABLE workflow_events (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  workspace_id uuid NOT NULL REFERENCES workspaces,
  event        text NOT NULL,
  key          uuid NOT NULL,                      -- of what it happened to: it starts a workflow once
  at           timestamptz NOT NULL,
  source_id    uuid NOT NULL,
  plan_id      uuid NOT NULL,
  snapshot_id  uuid,
  hold_id      uuid,
  begun_by     uuid[] NOT NULL                     -- workflows whose step did it: not started by it
);
CALL tenant_table('workflow_events');

-- +goose StatementBegin
CREATE FUNCTION tell_workflows(event text, workspace uuid, key uuid, at timestamptz, source uuid, plan uuid, snapshot uuid, hold uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO public.workflow_events (workspace_id, event, key, at, source_id, plan_id, snapshot_id, hold_id, begun_by)
  SELECT $2, $1, $3, $4, $5, $6, $7, $8, coalesce(nullif(current_setting('levqor.begun_by', true), '')::uuid[], '{}')
  WHERE EXISTS (SELECT FROM public.workflow_triggers t WHERE t.workspace_id = $2 AND t.event = $1);
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION tell_of_alert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM public.tell_workflows('backup.overdue', NEW.workspace_id, NEW.id, NEW.opened_at, NEW.source_id, NEW.plan_id, NULL, NULL);
  RETURN NULL;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION tell_of_hold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM public.tell_workflows(TG_ARGV[0], s.workspace_id, NEW.id, CASE TG_OP WHEN 'INSERT' THEN NEW.created_at ELSE NEW.released_at END, s.source_id, s.plan_id, s.id, NEW.id)
  FROM public.snapshots s WHERE s.id = NEW.snapshot_id;
  RETURN NULL;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION tell_of_snapshot() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM public.tell_workflows('snapshot.expired', NEW.workspace_id, NEW.id, NEW.deleted_at, NEW.source_id, NEW.plan_id, NEW.id, NULL);
  RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER overdue AFTER INSERT ON alerts FOR EACH ROW
  WHEN (NEW.kind = 'backup_overdue' AND NEW.plan_id IS NOT NULL AND NEW.source_id IS NOT NULL) EXECUTE FUNCTION tell_of_alert();
CREATE TRIGGER placed AFTER INSERT ON holds FOR EACH ROW EXECUTE FUNCTION tell_of_hold('hold.placed');
CREATE TRIGGER released AFTER UPDATE OF released_at ON holds FOR EACH ROW
  WHEN (OLD.released_at IS NULL AND NEW.released_at IS NOT NULL) EXECUTE FUNCTION tell_of_hold('hold.released');
CREATE TRIGGER expired AFTER UPDATE OF deleted_at ON snapshots FOR EACH ROW
  WHEN (OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL) EXECUTE FUNCTION tell_of_snapshot();

-- They were read for this alone.
DROP INDEX alerts_overdue_opened;
DROP INDEX holds_placed;
DROP INDEX holds_released;
