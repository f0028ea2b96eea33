CREATE TABLE t (id int);
INSERT INTO t VALUES (1);
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I IS_TEMPLATE true', current_database()); END $$;
