-- encoding: LATIN1
SET client_encoding = 'UTF8';
CREATE TABLE "größe" (id int, "naïve" text);
INSERT INTO "größe" VALUES (1, 'Müller'), (2, 'René'), (3, E'\t\\');
CREATE SEQUENCE "zähler";
SELECT nextval('"zähler"');
CREATE VIEW "übersicht" AS SELECT * FROM "größe";
COMMENT ON TABLE "größe" IS 'où';
