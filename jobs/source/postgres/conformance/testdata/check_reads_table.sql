-- A check whose function reads another table by its bare name, one that is loaded later.
CREATE TABLE zones (code text PRIMARY KEY);
CREATE FUNCTION zone_known(text) RETURNS boolean LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN EXISTS (SELECT FROM zones WHERE code = $1); END $$;
CREATE TABLE addresses (id int PRIMARY KEY, zone text CHECK (zone_known(zone)));
INSERT INTO zones VALUES ('a'), ('b');
INSERT INTO addresses SELECT g, CASE g % 2 WHEN 0 THEN 'a' ELSE 'b' END FROM generate_series(1, 50) g;
