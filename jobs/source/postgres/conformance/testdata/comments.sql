-- gap: what belongs to the database itself does not come back
CREATE SCHEMA s;
COMMENT ON SCHEMA s IS E'line\n-- another; \\ ''quoted''';
CREATE TABLE s.t (a int, CONSTRAINT c CHECK (a > 0));
COMMENT ON TABLE s.t IS 'a table';
COMMENT ON COLUMN s.t.a IS 'a column';
COMMENT ON CONSTRAINT c ON s.t IS 'a check';
CREATE INDEX i ON s.t (a);
COMMENT ON INDEX s.i IS 'an index';
CREATE VIEW s.v AS SELECT * FROM s.t;
COMMENT ON VIEW s.v IS 'a view';
CREATE FUNCTION s.f(x int, VARIADIC text[]) RETURNS int LANGUAGE sql AS 'SELECT 1';
COMMENT ON FUNCTION s.f IS 'a function';
COMMENT ON SCHEMA public IS 'mine now';
DO $$ BEGIN EXECUTE format('COMMENT ON DATABASE %I IS %L', current_database(), 'the shop''s'); END $$;
