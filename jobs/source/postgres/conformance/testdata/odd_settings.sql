-- Settings of the database that change how values are read and written.
CREATE TABLE v (d date, i interval, f double precision, b bytea, m money, t timestamptz, n text[]);
INSERT INTO v VALUES ('2024-12-31', '-1 day 02:03:04.5', 0.1, '\x00ff', '-1,234.50', '2024-03-31 01:30+00', '{NULL}'), ('0044-03-15 BC', '-1 year 2 mons -3 days', 1e-300, '', '0', 'infinity', NULL);
CREATE TABLE "Back\slash" (id serial);
SELECT nextval('"Back\slash_id_seq"');
DO $$ DECLARE d text := quote_ident(current_database()); s text; BEGIN
FOREACH s IN ARRAY ARRAY['datestyle = ''SQL, DMY''', 'intervalstyle = ''sql_standard''', 'extra_float_digits = -10', 'bytea_output = ''escape''', 'timezone = ''Asia/Kolkata''', 'standard_conforming_strings = off', 'quote_all_identifiers = on', 'statement_timeout = ''50ms''', 'lock_timeout = ''1s''',
 'idle_in_transaction_session_timeout = ''100ms''', 'idle_session_timeout = ''200ms''', 'search_path = nowhere', 'check_function_bodies = on', 'default_transaction_isolation = ''serializable''', 'default_transaction_deferrable = on', 'row_security = off', 'session_replication_role = ''replica''', 'array_nulls = off', 'transform_null_equals = on', 'xmloption = ''document''', 'client_encoding = ''LATIN1'''] LOOP
EXECUTE 'ALTER DATABASE ' || d || ' SET ' || s; END LOOP; END $$;
