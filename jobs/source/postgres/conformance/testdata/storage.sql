CREATE TABLE t (a text COMPRESSION pglz, b text, c bytea) WITH (fillfactor = 70, autovacuum_enabled = false, toast.autovacuum_enabled = false, toast_tuple_target = 256);
ALTER TABLE t ALTER b SET STORAGE EXTERNAL, ALTER c SET STORAGE MAIN, ALTER b SET STATISTICS 500, ALTER a SET (n_distinct = -0.5);
INSERT INTO t VALUES (repeat('x', 9000), repeat('y', 9000), '\x00');
CREATE INDEX ON t (left(a, 10)) WITH (fillfactor = 50);
CREATE TABLE clustered (id int PRIMARY KEY);
ALTER TABLE clustered CLUSTER ON clustered_pkey;
