CREATE TABLE tags (id int, t text[]);
INSERT INTO tags VALUES (1, ARRAY['a', NULL]), (2, ARRAY['NULL']);
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET array_nulls = off', current_database()); END $$;
