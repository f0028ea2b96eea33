-- pg_dump loads these through the parent: its COPY names the parent, not the partition.
CREATE TYPE status AS ENUM ('new', 'paid', 'sent', 'back');
CREATE TABLE orders (id int, st status, note text) PARTITION BY HASH (st);
CREATE TABLE orders_0 PARTITION OF orders FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE orders_1 PARTITION OF orders FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO orders SELECT g, (ARRAY['new','paid','sent','back']::status[])[1 + g % 4], 'n' || g FROM generate_series(1, 400) g;
