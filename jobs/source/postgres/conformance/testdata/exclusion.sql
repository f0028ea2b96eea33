CREATE EXTENSION btree_gist;
CREATE TABLE b (room int, during tsrange, EXCLUDE USING gist (room WITH =, during WITH &&) WHERE (room > 0));
INSERT INTO b VALUES (1, '[2024-01-01,2024-01-02)'), (1, '[2024-01-02,2024-01-03)');
CREATE TABLE un (a int, UNIQUE NULLS NOT DISTINCT (a));
INSERT INTO un VALUES (NULL);
