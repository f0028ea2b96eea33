CREATE ROLE conf_lo;
CREATE TABLE docs (id int, content oid);
INSERT INTO docs SELECT g, lo_from_bytea(0, decode(repeat(md5(g::text), 1400), 'hex')) FROM generate_series(1, 40) g;
SELECT lo_create(999999);
COMMENT ON LARGE OBJECT 999999 IS 'empty one';
GRANT SELECT ON LARGE OBJECT 999999 TO conf_lo;
SELECT lo_from_bytea(888888, '\x00ff');
ALTER LARGE OBJECT 888888 OWNER TO conf_lo;
