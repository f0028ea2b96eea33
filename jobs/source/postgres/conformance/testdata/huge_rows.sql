CREATE TABLE h (v text, b bytea);
INSERT INTO h SELECT repeat(E'long \\ line \n\t', 100000), decode(repeat('00ff0a5c', 90000), 'hex');
INSERT INTO h VALUES (E'\\.', ''), (E'a\n\\.\nb', NULL), ('COPY public.x (a) FROM stdin;', '\x5c2e');
