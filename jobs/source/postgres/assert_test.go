package postgres

import (
	"strings"
	"testing"
	"time"
)

func TestAssertions(t *testing.T) {
	t.Parallel()
	c := admin(t)
	name := unique("asserted")
	database(t, c, name, `
		CREATE TABLE orders (id int, created_at timestamptz, total int); INSERT INTO orders VALUES (1, '2026-11-22 00:10+00', 5);
		CREATE SEQUENCE seq;
		CREATE FUNCTION sneaky() RETURNS bool LANGUAGE plpgsql AS $$ BEGIN INSERT INTO orders VALUES (9); RETURN true; END $$;
		CREATE FUNCTION unlocks() RETURNS bool LANGUAGE plpgsql AS $$ BEGIN PERFORM set_config('transaction_read_only', 'off', true); INSERT INTO orders VALUES (9); RETURN true; END $$`)
	at := time.Date(2026, 11, 22, 0, 30, 0, 0, time.UTC)
	for _, a := range []struct {
		sql    string
		ok     bool
		detail string
	}{
		{"select max(created_at) > snapshot_time - interval '1 day' from orders", true, ""},
		{"with o as (select * from orders where created_at < snapshot_time) select count(*) = 1 from o;", true, ""},
		{"select max(created_at) > snapshot_time from orders", false, ""},
		{"select true -- and a comment", true, ""},
		{"select 'snapshot_time' = 'snapshot_time' -- ; drop", true, ""},
		{"select count(*) from orders", false, "one value"},
		{"select true, true", false, "one value"},
		{"select true from orders where false", false, "one value"},
		{"select null::bool", false, "one value"},
		{"select true from generate_series(1, 3)", false, "one value"},
		{"select nothing from nowhere", false, "nowhere"},
		{"select pg_sleep(60) is null", false, "statement timeout"},
		{"insert into orders values (2) returning true", false, "syntax"},
		{"with gone as (delete from orders returning 1) select true from gone", false, "data-modifying"},
		{"select sneaky()", false, "read-only"},
		{"select unlocks()", false, "read-write"},
		{"select nextval('seq') = 1", false, "read-only"},
		{"select true) as answer; drop table orders; select * from (select true", false, "multiple commands"},
		{"", false, "syntax"},
	} {
		t.Run(a.sql, func(t *testing.T) {
			t.Parallel()
			limit := assertionTime
			if a.detail == "statement timeout" {
				limit = 500 * time.Millisecond
			}
			checks, err := assert(t.Context(), c, name, []Assertion{{"named", a.sql}}, at, limit)
			if err != nil || len(checks) != 1 {
				t.Fatalf("%+v, %v", checks, err)
			}
			if got := checks[0]; got.OK != a.ok || !strings.Contains(got.Detail, a.detail) || (a.detail == "") != (got.Detail == "") {
				t.Errorf("got %+v", got)
			}
		})
	}
	if _, err := Assert(t.Context(), c, "no such", []Assertion{{"x", "select true"}}, at); err == nil {
		t.Error("a missing database passes")
	}
}

func TestTheSampleShopIsMadeOnce(t *testing.T) {
	t.Parallel()
	c := scratch(t)
	for range 2 {
		if err := Sample(t.Context(), c.admin, 20000); err != nil {
			t.Fatal(err)
		}
	}
	s := &restore{server: &server{Config: c}}
	conn, err := s.asAdmin(t.Context(), SampleDatabase)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), `SET search_path = public`); err != nil {
		t.Fatal(err)
	}
	var customers, products, orders, lines, stray int
	err = conn.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM customers), (SELECT count(*) FROM products), (SELECT count(*) FROM orders), (SELECT count(*) FROM order_lines),
		(SELECT count(*) FROM order_lines l LEFT JOIN orders o ON o.id = l.order_id WHERE o.id IS NULL)`).Scan(&customers, &products, &orders, &lines, &stray)
	if err != nil || customers != 1000 || products != 100 || orders != 5000 || lines != 20000 || stray != 0 {
		t.Fatalf("%d %d %d %d %d, %v", customers, products, orders, lines, stray, err)
	}
}
