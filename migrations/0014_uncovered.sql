-- +goose Up
-- How much of its source a snapshot does not hold though nobody chose so:
-- databases that could not be entered.
ALTER TABLE snapshots ADD COLUMN uncovered int NOT NULL DEFAULT 0 CHECK (uncovered >= 0);
