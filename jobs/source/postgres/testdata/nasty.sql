CREATE EXTENSION IF NOT EXISTS pgcrypto;
CREATE SCHEMA ext;
CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA ext;
CREATE TYPE mood AS ENUM ('sad', 'ok', 'it''s "fine"');
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE TYPE pair AS (a int, b text);

CREATE TABLE types (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  b bytea, j json, jb jsonb, a int[], t text[][], m mood, p positive, pr pair, n numeric, f double precision, r real,
  ts timestamptz, iv interval, u uuid, i inet, rg int4range, x xml, mo money, bi bit varying, pt point, tsv tsvector, c char(5),
  twice int GENERATED ALWAYS AS (p * 2) STORED
);
INSERT INTO types (b, j, jb, a, t, m, p, pr, n, f, r, ts, iv, u, i, rg, x, mo, bi, pt, tsv, c)
SELECT decode(md5(g::text), 'hex') || '\x00ff0a0d09'::bytea, '{"a" :  1, "a": 2}', '{"k": ["\\.", "\t", null]}', ARRAY[g, NULL, -g], '{{a,"b,c"},{NULL,"NULL"}}',
  'it''s "fine"', g, ROW(g, E'x\ty\\.\n\\.\nz')::pair, g / 7.0, 'NaN', 0.1, timestamptz '2024-03-31 01:30+00' + g * interval '1 hour', '1 year -2 days',
  md5(g::text)::uuid, '::1', int4range(g, g + 5, '[]'), '<a/>', g, B'10101', '(1,2)', 'cat:3 fat:2', 'ab'
FROM generate_series(1, 500) g;
INSERT INTO types DEFAULT VALUES;

CREATE TABLE nasty_text (id int, v text);
INSERT INTO nasty_text VALUES (1, E'\\.'), (2, E'a\n\\.\nb'), (3, E'\t\\N\t'), (4, NULL), (5, ''), (6, E'\\\\.'), (7, E'\r\n'), (8, 'COPY public.x (a) FROM stdin;'), (9, E'\n\n'), (10, repeat(E'long \\ line \n', 200000)), (11, '\N');
CREATE TABLE only_dots (v text);
INSERT INTO only_dots SELECT E'\\.' FROM generate_series(1, 50);
CREATE TABLE only_empty (v text);
INSERT INTO only_empty SELECT '' FROM generate_series(1, 20);
CREATE TABLE empty_one (id int PRIMARY KEY, v text);
CREATE TABLE no_columns ();
INSERT INTO no_columns DEFAULT VALUES; INSERT INTO no_columns DEFAULT VALUES;
CREATE TABLE dropped_column (a int, gone text, b int);
INSERT INTO dropped_column SELECT g, 'x', g FROM generate_series(1, 10) g;
ALTER TABLE dropped_column DROP COLUMN gone;

CREATE TABLE left_side (id int PRIMARY KEY, r int);
CREATE TABLE right_side (id int PRIMARY KEY, l int NOT NULL REFERENCES left_side DEFERRABLE INITIALLY DEFERRED);
ALTER TABLE left_side ADD FOREIGN KEY (r) REFERENCES right_side DEFERRABLE INITIALLY DEFERRED;
BEGIN; INSERT INTO left_side VALUES (1, 1), (2, 2); INSERT INTO right_side VALUES (1, 2), (2, 1); COMMIT;

CREATE TABLE measures (at date NOT NULL, v int) PARTITION BY RANGE (at);
CREATE TABLE measures_2023 PARTITION OF measures FOR VALUES FROM ('2023-01-01') TO ('2024-01-01') PARTITION BY LIST (v);
CREATE TABLE measures_2023_small PARTITION OF measures_2023 FOR VALUES IN (1, 2, 3);
CREATE TABLE measures_2023_other PARTITION OF measures_2023 DEFAULT;
CREATE TABLE measures_2024 PARTITION OF measures FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE INDEX ON measures (v);
INSERT INTO measures SELECT date '2023-01-01' + g, g % 10 FROM generate_series(0, 700) g;

CREATE TABLE parent (id int, v text);
CREATE TABLE child (extra int) INHERITS (parent);
INSERT INTO parent VALUES (1, 'p'); INSERT INTO child VALUES (2, 'c', 3), (3, 'c', 4);

CREATE SEQUENCE lonely START 40; SELECT nextval('lonely');
CREATE TABLE serial_one (id serial PRIMARY KEY, v int); INSERT INTO serial_one (v) SELECT g FROM generate_series(1, 33) g;
CREATE UNLOGGED TABLE unlogged_one AS SELECT g FROM generate_series(1, 7) g;

CREATE VIEW moods AS SELECT m, count(*) FROM types GROUP BY m;
CREATE MATERIALIZED VIEW sums AS SELECT at, sum(v) FROM measures GROUP BY at;
CREATE UNIQUE INDEX ON sums (at);
CREATE INDEX trgm ON nasty_text USING gin (left(v, 100) ext.gin_trgm_ops);
CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.v := upper(NEW.v); RETURN NEW; END $$;
CREATE TRIGGER shouting BEFORE INSERT ON empty_one FOR EACH ROW EXECUTE FUNCTION shout();
CREATE TABLE guarded (id int, who text); INSERT INTO guarded VALUES (1, 'a'), (2, 'b');
ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON guarded USING (who = current_user);
CREATE FUNCTION watching() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$;
CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION watching();

CREATE SCHEMA "Wei.rd ""Schema""";
CREATE TABLE "Wei.rd ""Schema"""."a*b?|(c)[d]$" ("co l" int, "COPY x FROM stdin;" text); INSERT INTO "Wei.rd ""Schema"""."a*b?|(c)[d]$" VALUES (1, 'x');
CREATE TABLE "new
line; \! touch /tmp/owned
COPY public.x (a) FROM stdin;" (id int); INSERT INTO "new
line; \! touch /tmp/owned
COPY public.x (a) FROM stdin;" VALUES (1), (2);
CREATE TABLE "back\slash'quote" (id serial, "dro""p" text); INSERT INTO "back\slash'quote" ("dro""p") VALUES ('v');
CREATE TABLE "ünïcödé/../😀" (id int); INSERT INTO "ünïcödé/../😀" VALUES (1);
CREATE TABLE "'; DROP TABLE types; --" (id int); INSERT INTO "'; DROP TABLE types; --" VALUES (1);
SELECT lo_from_bytea(0, decode(repeat('00ff5c2e0a', 20000), 'hex')), lo_from_bytea(0, 'two');
