CREATE TABLE g (p point, l line, s lseg, b box, pa path, po polygon, c circle);
INSERT INTO g VALUES ('(1e-300,-0)', '{1,2,3}', '[(0,0),(1,1)]', '(1,1),(0,0)', '[(0,0),(1,1)]', '((0,0),(1,1),(1,0))', '<(0,0),5>');
CREATE INDEX ON g USING gist (b);
CREATE INDEX ON g USING spgist (p);
