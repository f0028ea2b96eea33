-- encoding: MULE_INTERNAL
CREATE TABLE m (v text);
INSERT INTO m VALUES (E'\x81\xe9'), ('x');
