CREATE TYPE mood AS ENUM ('sad', 'ok', 'it''s "fine"');
ALTER TYPE mood ADD VALUE 'between' BEFORE 'ok';
CREATE TABLE m (id int PRIMARY KEY, f mood DEFAULT 'ok', fs mood[]);
INSERT INTO m SELECT g, (enum_range(NULL::mood))[1 + g % 4], enum_range(NULL::mood) FROM generate_series(1, 40) g;
CREATE INDEX ON m (f);
COMMENT ON TYPE mood IS 'how it is';
