CREATE TABLE a (id int CHECK (id > 0), v text);
CREATE TABLE b (extra int) INHERITS (a);
CREATE TABLE c (v text NOT NULL DEFAULT 'c') INHERITS (a, b);
INSERT INTO a VALUES (1, 'a');
INSERT INTO b VALUES (2, 'b', 3);
INSERT INTO c (id, extra) VALUES (4, 5);
ALTER TABLE a ADD CONSTRAINT mine CHECK (v <> 'x') NO INHERIT;
