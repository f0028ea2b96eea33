-- 1,600 columns, as many as there can be.
DO $$ BEGIN EXECUTE 'CREATE TABLE w (' || (SELECT string_agg('c' || g || ' bool', ', ') FROM generate_series(1, 1600) g) || ')'; END $$;
INSERT INTO w (c1, c800, c1600) VALUES (true, false, true);
INSERT INTO w DEFAULT VALUES;
