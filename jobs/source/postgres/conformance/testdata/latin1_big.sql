-- encoding: LATIN1
SET client_encoding = 'UTF8';
CREATE TABLE "größe" (id serial, v text);
ALTER TABLE "größe" ALTER v SET STORAGE EXTERNAL;
INSERT INTO "größe" (v) SELECT repeat('é' || md5(g::text), 600) FROM generate_series(1, 1900) g;
