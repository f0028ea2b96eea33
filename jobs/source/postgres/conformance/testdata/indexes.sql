CREATE TABLE t (a int, b text, c jsonb, d int[]);
INSERT INTO t SELECT g, 'b' || g, '{"k":1}', ARRAY[g] FROM generate_series(1, 50) g;
CREATE INDEX ON t (lower(b) text_pattern_ops DESC NULLS LAST);
CREATE INDEX ON t USING gin (c jsonb_path_ops);
CREATE INDEX ON t USING brin (a) WITH (pages_per_range = 4);
CREATE INDEX ON t USING hash (b);
CREATE UNIQUE INDEX ON t (a) INCLUDE (b) WHERE a > 5;
ALTER INDEX t_lower_idx ALTER COLUMN 1 SET STATISTICS 100;
