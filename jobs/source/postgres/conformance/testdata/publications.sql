CREATE TABLE t (id int PRIMARY KEY, v text, secret text);
INSERT INTO t SELECT g FROM generate_series(1, 10) g;
CREATE SCHEMA s;
CREATE TABLE s.u (id int PRIMARY KEY);
CREATE PUBLICATION feed FOR TABLE t (id, v) WHERE (id > 3) WITH (publish = 'insert, update');
CREATE PUBLICATION of_schema FOR TABLES IN SCHEMA s;
CREATE PUBLICATION everything FOR ALL TABLES;
COMMENT ON PUBLICATION feed IS 'for the warehouse';
