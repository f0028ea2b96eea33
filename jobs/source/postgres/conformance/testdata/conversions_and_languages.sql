-- gap: a drill can't make what only a superuser may make
CREATE CONVERSION mine FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE TRUSTED LANGUAGE plown HANDLER plpgsql_call_handler;
CREATE FUNCTION f() RETURNS int LANGUAGE plown AS 'BEGIN RETURN 1; END';
COMMENT ON CONVERSION mine IS 'c';
CREATE TABLE t (v int);
INSERT INTO t VALUES (1);
