CREATE FUNCTION loud() RETURNS int LANGUAGE sql SET log_statement = 'all' SET session_replication_role = 'replica' AS 'SELECT 1';
CREATE TABLE t (v int DEFAULT loud());
INSERT INTO t DEFAULT VALUES;
