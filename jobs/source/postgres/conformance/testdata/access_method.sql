-- gap: a drill can't make what only a superuser may make
CREATE ACCESS METHOD other TYPE TABLE HANDLER heap_tableam_handler;
CREATE TABLE t (id int) USING other;
INSERT INTO t VALUES (1);
CREATE MATERIALIZED VIEW m USING other AS SELECT * FROM t;
COMMENT ON ACCESS METHOD other IS 'a';
