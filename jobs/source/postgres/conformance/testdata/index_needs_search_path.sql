-- An index on a function that finds its helper only by the search path.
CREATE EXTENSION unaccent;
CREATE FUNCTION slug(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN lower(unaccent($1)); END $$;
CREATE TABLE places (id int PRIMARY KEY, name text);
INSERT INTO places SELECT g, 'Placé' || g FROM generate_series(1, 50) g;
CREATE INDEX places_slug ON places (slug(name));
