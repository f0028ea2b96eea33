CREATE ROLE conf_owner LOGIN;
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I OWNER TO conf_owner', current_database()); END $$;
SET ROLE conf_owner;
CREATE TABLE t (id int);
INSERT INTO t VALUES (1);
