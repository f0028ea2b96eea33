-- +goose Up
-- Which runs began a task is asked after its end too: a workflow is not started by
-- what it did itself.
DROP INDEX run_waits_ref;
CREATE INDEX run_waits_ref ON run_waits (ref_id) WHERE ref_id IS NOT NULL;
