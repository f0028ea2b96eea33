CREATE TABLE t (a int, b int, c text);
INSERT INTO t SELECT g % 10, g % 10, 'x' FROM generate_series(1, 100) g;
CREATE STATISTICS st (ndistinct, dependencies) ON a, b FROM t;
CREATE STATISTICS ex (mcv) ON (a + b), c FROM t;
ALTER STATISTICS st SET STATISTICS 50;
COMMENT ON STATISTICS st IS 's';
ANALYZE t;
