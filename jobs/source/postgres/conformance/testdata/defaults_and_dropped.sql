CREATE TABLE t (a int, gone text, b text DEFAULT 'it''s', c timestamptz DEFAULT now(), d int DEFAULT 1 + 1);
INSERT INTO t (a, b, c) VALUES (1, 'x', '2024-01-01Z');
ALTER TABLE t DROP COLUMN gone;
ALTER TABLE t ADD COLUMN fast int DEFAULT 42;
INSERT INTO t (a, c) VALUES (2, NULL);
ALTER TABLE t ALTER d DROP DEFAULT;
