-- encoding: WIN1252
-- A byte that the code page leaves undefined: no conversion knows it.
SET client_encoding = 'WIN1252';
CREATE TABLE c (v text);
INSERT INTO c VALUES (E'\x81'), (E'\x80');
