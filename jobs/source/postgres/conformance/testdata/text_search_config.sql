CREATE TEXT SEARCH DICTIONARY plain (TEMPLATE = simple, STOPWORDS = english);
CREATE TEXT SEARCH CONFIGURATION own (COPY = english);
ALTER TEXT SEARCH CONFIGURATION own ALTER MAPPING FOR asciiword WITH plain, english_stem;
COMMENT ON TEXT SEARCH CONFIGURATION own IS 'c';
CREATE TABLE d (id int, body text);
INSERT INTO d VALUES (1, 'the running cats');
CREATE INDEX ON d USING gin (to_tsvector('own', body));
