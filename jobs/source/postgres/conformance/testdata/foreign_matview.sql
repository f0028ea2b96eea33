-- gap: a drill makes no foreign tables, and what depends on them fails
-- note: postgres.note.foreign_tables
-- A materialized view over a foreign table that nobody can read now.
CREATE EXTENSION postgres_fdw;
CREATE SERVER gone FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '1');
CREATE FOREIGN TABLE far (id int) SERVER gone;
CREATE TABLE near (id int);
CREATE MATERIALIZED VIEW kept AS SELECT near.id FROM near JOIN far USING (id) WITH NO DATA;
