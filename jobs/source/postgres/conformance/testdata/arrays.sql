CREATE TABLE a (i int[], t text[][], bounds int[], n text[] DEFAULT '{}', e text[]);
INSERT INTO a VALUES ('{1,NULL,-3}', '{{a,"b,c"},{NULL,"NULL"}}', '[-2:0]={7,8,9}', '{"{}","\\"," "}', '{}');
CREATE INDEX ON a USING gin (i);
