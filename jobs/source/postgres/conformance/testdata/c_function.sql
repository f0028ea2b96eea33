-- The usual way to an immutable unaccent: a function in language c over the extension's library, and an index on it.
CREATE EXTENSION unaccent;
CREATE FUNCTION immutable_unaccent(regdictionary, text) RETURNS text LANGUAGE c IMMUTABLE PARALLEL SAFE STRICT AS '$libdir/unaccent', 'unaccent_dict';
CREATE FUNCTION f_unaccent(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$ SELECT public.immutable_unaccent(regdictionary 'public.unaccent', $1) $$;
CREATE TABLE people (id int PRIMARY KEY, name text);
INSERT INTO people SELECT g, 'René' || g FROM generate_series(1, 50) g;
CREATE INDEX people_name ON people (f_unaccent(name));
