-- +goose Up
-- Nobody deletes from the audit log but by its age, and no younger entry than seven years.
-- +goose StatementBegin
CREATE FUNCTION forget_audit(older_than timestamptz, most int) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
  gone bigint;
BEGIN
  DELETE FROM public.audit_events WHERE id IN (
    SELECT id FROM public.audit_events WHERE at < least(older_than, now() - interval '7 years') ORDER BY id LIMIT most);
  GET DIAGNOSTICS gone = ROW_COUNT;
  RETURN gone;
END $$;
-- +goose StatementEnd
REVOKE EXECUTE ON FUNCTION forget_audit FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_audit TO levqor_system;

-- What timers look for, of tables that grow.
CREATE INDEX alerts_overdue_opened ON alerts (opened_at) WHERE kind = 'backup_overdue';
CREATE INDEX alerts_resolved ON alerts (resolved_at) WHERE resolved_at IS NOT NULL;
CREATE INDEX audit_events_at ON audit_events (at);
CREATE INDEX holds_placed ON holds (created_at);
CREATE INDEX holds_released ON holds (released_at) WHERE released_at IS NOT NULL;
CREATE INDEX snapshots_deleted ON snapshots (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX tasks_finished ON tasks (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX restores_snapshot ON restores (snapshot_id);
CREATE INDEX task_logs_at ON task_logs (at);
CREATE INDEX notifications_at ON notifications (created_at);
CREATE INDEX sign_in_links_expired ON sign_in_links (expires_at);
CREATE INDEX run_hours_hour ON run_hours (hour);
