CREATE TYPE speed AS RANGE (subtype = float8, subtype_diff = float8mi, multirange_type_name = speeds);
CREATE TABLE r (a int4range, b tstzrange, c speed, d speeds, e nummultirange);
INSERT INTO r VALUES ('empty', '[2024-01-01,infinity)', '(0.5,1.5]', '{[1,2],[3,4]}', '{}'), (NULL, '(,)', '(,)', NULL, '{(,1),[2,)}');
CREATE INDEX ON r USING gist (a);
