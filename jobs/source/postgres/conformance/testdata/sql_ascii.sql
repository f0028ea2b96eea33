-- encoding: SQL_ASCII
-- Latin-1 bytes in a database without an encoding, as old applications leave them.
CREATE TABLE customers (id int, name text);
INSERT INTO customers VALUES (1, E'M\xfcller'), (2, E'Ren\xe9'), (3, 'plain'), (4, E'\xff\xfe');
