CREATE TABLE t (id int PRIMARY KEY);
CREATE SUBSCRIPTION from_far CONNECTION 'host=127.0.0.1 port=1 dbname=x password=secret' PUBLICATION feed WITH (connect = false, enabled = false, slot_name = NONE);
COMMENT ON SUBSCRIPTION from_far IS 's';
