-- gap: what needs the search path can't be made again
CREATE FUNCTION helper(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 2';
CREATE FUNCTION twice(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN helper($1); END $$;
CREATE TABLE g (a int, b int GENERATED ALWAYS AS (twice(a)) STORED);
INSERT INTO g VALUES (1), (2);
