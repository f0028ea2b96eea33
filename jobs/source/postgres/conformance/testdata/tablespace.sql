-- gap: tablespaces do not come back
-- tablespace: conf_fast
CREATE TABLE t (id int PRIMARY KEY USING INDEX TABLESPACE conf_fast, v text) TABLESPACE conf_fast;
INSERT INTO t VALUES (1, 'x');
