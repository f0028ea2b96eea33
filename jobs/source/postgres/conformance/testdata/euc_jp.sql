-- encoding: EUC_JP
SET client_encoding = 'UTF8';
CREATE TABLE "顧客" (id int, name text);
INSERT INTO "顧客" VALUES (1, '日本語'), (2, 'カタカナ');
