CREATE TABLE docs (v tsvector, q tsquery, w tsvector GENERATED ALWAYS AS (to_tsvector('simple', body)) STORED, body text);
INSERT INTO docs (v, q, body) VALUES ('a:1A b:2,3C ''it''''s'':4', 'a & !b | c:*', 'Fat cats'), ('', NULL, NULL);
CREATE INDEX ON docs USING gin (w);
