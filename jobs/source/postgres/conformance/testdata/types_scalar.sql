-- Every scalar type, at its edges.
CREATE TABLE v (i2 int2, i4 int4, i8 int8, n numeric, n2 numeric(30,10), r real, d double precision, m money, b bool, c char(3), vc varchar(5), t text, by bytea,
  da date, ti time, tz timetz, ts timestamp, tsz timestamptz, iv interval, u uuid, i inet, ci cidr, ma macaddr, m8 macaddr8, bi bit(5), vb varbit, x xml, j json, jb jsonb, nm name, o oid, ch "char", lsn pg_lsn, sn pg_snapshot);
INSERT INTO v VALUES (-32768, -2147483648, -9223372036854775808, 'NaN', 0.0000000001, '-Infinity', 1e-307, '-1,234.50', true, 'a', 'b', E'tab\there\\N', '\x00ff0a',
  '0044-03-15 BC', '24:00', '23:59:59.999999+14', 'infinity', '-infinity', '-1 year 2 mons -3 days 04:05:06.7', '00000000-0000-0000-0000-000000000000', '::1/128', '10.0.0.0/8', '08:00:2b:01:02:03', '08:00:2b:01:02:03:04:05', B'10101', B'', '<a>&amp;</a>', '{"a" : 1, "a":2}', '{"k":[null,1e400]}', 'x', 4294967295, 'A', '16/B374D848', '10:20:10,14,15');
INSERT INTO v DEFAULT VALUES;
