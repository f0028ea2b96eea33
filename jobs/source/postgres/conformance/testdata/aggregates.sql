CREATE FUNCTION add_up(int, int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT coalesce($1, 0) + coalesce($2, 0)';
CREATE AGGREGATE total(int) (SFUNC = add_up, STYPE = int, INITCOND = '0', COMBINEFUNC = add_up, PARALLEL = SAFE);
COMMENT ON AGGREGATE total(int) IS 'a';
CREATE TABLE t (v int);
INSERT INTO t VALUES (1), (2);
CREATE VIEW s AS SELECT total(v) FROM t;
