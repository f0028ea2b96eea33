CREATE SCHEMA "Wei.rd ""Schema""";
CREATE TABLE "Wei.rd ""Schema"""."a*b?|(c)[d]$" ("co l" int, "SELECT" text, "ta	b" int);
INSERT INTO "Wei.rd ""Schema"""."a*b?|(c)[d]$" VALUES (1, 'x', 2);
CREATE TABLE "new
line" (a int);
INSERT INTO "new
line" VALUES (1);
CREATE TABLE "--" ("'" int, ";" int);
INSERT INTO "--" VALUES (1, 2);
CREATE TABLE "\." (v int);
INSERT INTO "\." VALUES (3);
CREATE TABLE "äöü 日本" (v int);
INSERT INTO "äöü 日本" VALUES (4);
CREATE TABLE "COPY x FROM stdin;" (v int);
CREATE TABLE "Abc" (v int);
CREATE TABLE "aBC" (v int);
CREATE VIEW "v'iew" AS SELECT * FROM "--";
