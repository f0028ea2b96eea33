-- gap: a drill can't make what only a superuser may make
-- Objects that only a superuser may make.
CREATE FUNCTION near(text, text) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT left($1, 2) = left($2, 2)';
CREATE OPERATOR ~~~ (LEFTARG = text, RIGHTARG = text, FUNCTION = near, COMMUTATOR = ~~~);
COMMENT ON OPERATOR ~~~ (text, text) IS 'o';
CREATE FUNCTION cmp_len(text, text) RETURNS int LANGUAGE sql IMMUTABLE LEAKPROOF AS 'SELECT length($1) - length($2)';
CREATE OPERATOR CLASS by_len FOR TYPE text USING btree AS OPERATOR 1 <, OPERATOR 3 =, FUNCTION 1 cmp_len(text, text);
CREATE OPERATOR FAMILY alone USING btree;
CREATE TABLE t (v text);
INSERT INTO t VALUES ('a'), ('bb');
CREATE INDEX ON t (v by_len);
