-- What belongs to the database itself: rights, limit, comment, and settings of one role in it.
CREATE ROLE conf_writer;
CREATE ROLE conf_viewer;
CREATE TABLE t (id int PRIMARY KEY);
INSERT INTO t VALUES (1);
GRANT SELECT ON t TO conf_viewer;
DO $$ DECLARE d text := quote_ident(current_database()); BEGIN
EXECUTE 'REVOKE ALL ON DATABASE ' || d || ' FROM PUBLIC';
EXECUTE 'GRANT CONNECT ON DATABASE ' || d || ' TO conf_viewer';
EXECUTE 'GRANT CONNECT, CREATE, TEMPORARY ON DATABASE ' || d || ' TO conf_writer WITH GRANT OPTION';
EXECUTE 'ALTER DATABASE ' || d || ' CONNECTION LIMIT 170';
EXECUTE 'COMMENT ON DATABASE ' || d || ' IS ''the shop''';
EXECUTE 'ALTER ROLE conf_writer IN DATABASE ' || d || ' SET search_path = shop, public';
EXECUTE 'ALTER DATABASE ' || d || ' SET work_mem = ''9MB''';
END $$;
