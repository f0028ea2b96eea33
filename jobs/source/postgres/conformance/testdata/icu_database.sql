-- icu: de-AT
CREATE TABLE words (w text PRIMARY KEY);
INSERT INTO words VALUES ('a'), ('B'), ('c'), ('ä'), ('Z'), ('z');
CREATE TABLE parts (k text) PARTITION BY RANGE (k);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('a') TO ('M');
INSERT INTO parts VALUES ('b'), ('L'), ('C');
