CREATE TABLE g (a int, b int GENERATED ALWAYS AS (a * 2) STORED, c text, d text GENERATED ALWAYS AS (upper(c)) STORED UNIQUE);
INSERT INTO g (a, c) VALUES (1, 'x'), (NULL, NULL), (3, 'ß');
CREATE INDEX ON g ((b + 1)) WHERE b > 2;
