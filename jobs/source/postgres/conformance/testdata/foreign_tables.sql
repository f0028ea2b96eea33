-- gap: a drill makes no foreign tables, and what depends on them fails
-- note: postgres.note.foreign_tables
CREATE EXTENSION postgres_fdw;
CREATE SERVER books FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '1', dbname 'far');
CREATE USER MAPPING FOR CURRENT_USER SERVER books OPTIONS (user 'u', password 'p');
CREATE USER MAPPING FOR PUBLIC SERVER books;
CREATE FOREIGN TABLE far (id int OPTIONS (column_name 'i d'), v text) SERVER books OPTIONS (schema_name 'public', table_name 'far');
COMMENT ON FOREIGN TABLE far IS 'their table';
COMMENT ON SERVER books IS 's';
CREATE TABLE near (id int PRIMARY KEY, w text);
INSERT INTO near SELECT g, 'w' || g FROM generate_series(1, 50) g;
CREATE VIEW both_sides AS SELECT near.id, v, w FROM near JOIN far USING (id);
