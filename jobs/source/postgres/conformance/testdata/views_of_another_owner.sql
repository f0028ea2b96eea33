CREATE ROLE conf_sec;
CREATE TABLE secret (id int, v text);
INSERT INTO secret VALUES (1, 'x');
CREATE VIEW shown WITH (security_barrier) AS SELECT id FROM secret;
ALTER VIEW shown OWNER TO conf_sec;
GRANT SELECT ON secret TO conf_sec;
CREATE MATERIALIZED VIEW kept AS SELECT * FROM secret;
ALTER MATERIALIZED VIEW kept OWNER TO conf_sec;
