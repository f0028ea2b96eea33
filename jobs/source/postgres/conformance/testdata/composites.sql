CREATE TYPE pair AS (a int, b text);
CREATE TYPE nest AS (p pair, ps pair[]);
CREATE TABLE c (n nest, p pair);
INSERT INTO c VALUES (ROW(ROW(1, E'x\t,"y"\n')::pair, ARRAY[ROW(2, NULL)::pair])::nest, NULL);
CREATE TABLE of_pair OF pair (a WITH OPTIONS PRIMARY KEY);
INSERT INTO of_pair VALUES (1, 'one');
ALTER TYPE nest ADD ATTRIBUTE extra text;
CREATE FUNCTION first_of(nest) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT ($1).p.a';
CREATE INDEX ON c (first_of(n));
