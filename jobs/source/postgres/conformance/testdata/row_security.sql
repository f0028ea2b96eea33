CREATE ROLE conf_tenant;
CREATE TABLE t (id int PRIMARY KEY, who text);
INSERT INTO t SELECT g, 't' || g % 3 FROM generate_series(1, 60) g;
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON t FOR SELECT TO conf_tenant USING (who = current_user);
CREATE POLICY narrow ON t AS RESTRICTIVE FOR UPDATE USING (id > 0) WITH CHECK (id < 1000);
COMMENT ON POLICY own ON t IS 'p';
