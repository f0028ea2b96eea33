CREATE TABLE ledger (id int PRIMARY KEY, amount numeric);
INSERT INTO ledger SELECT g, g * 1.5 FROM generate_series(1, 100) g;
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$;
