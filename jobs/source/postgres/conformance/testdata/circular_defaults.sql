-- A table whose default calls a function that reads a view over it.
CREATE TABLE t (id int PRIMARY KEY, n int);
INSERT INTO t VALUES (1, 1);
CREATE VIEW v AS SELECT * FROM t;
CREATE FUNCTION last_n() RETURNS int LANGUAGE sql STABLE AS 'SELECT max(n) FROM public.v';
ALTER TABLE t ALTER n SET DEFAULT last_n();
INSERT INTO t (id) VALUES (2);
