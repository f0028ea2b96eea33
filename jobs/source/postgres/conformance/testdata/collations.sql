CREATE COLLATION by_number (provider = icu, locale = 'en-u-kn-true');
CREATE COLLATION no_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE COLLATION plain (provider = libc, locale = 'C');
CREATE TABLE n (a text COLLATE by_number PRIMARY KEY, b text COLLATE no_case UNIQUE, c text COLLATE plain);
INSERT INTO n VALUES ('a10', 'X', 'z'), ('a9', 'y', 'Z');
COMMENT ON COLLATION no_case IS 'c';
CREATE DOMAIN d AS text COLLATE no_case;
