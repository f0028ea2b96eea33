package snapshots_test

import (
	"archive/zip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"levqor/app/apptest"
	"levqor/jobs/account"
	"levqor/jobs/drill/drilltest"
	"levqor/jobs/secret"
	"levqor/jobs/source"
	"levqor/workers"
)

func TestTables(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	h.Work(workers.Run)
	server, config, password := drilltest.Shop(t, "shop_pages", 500)
	server.SQL(t, "shop_pages", `CREATE SCHEMA "Odd/one"; CREATE TABLE "Odd/one"."a & b" (id int, "what, then" text); INSERT INTO "Odd/one"."a & b" VALUES (1, NULL), (2, E'<b>\n')`)
	s := newShelf(t, h, &source.Config{Postgres: &config}, source.Input{Kind: source.Postgres, Secret: secret.Text(password)})
	first, _ := s.backUp()
	server.SQL(t, "shop_pages", `INSERT INTO orders SELECT i, 1, 5, '', now() FROM generate_series(501, 512) i; UPDATE customers SET name = 'Somebody' WHERE id = 1;
		CREATE TABLE coupons (id int); DROP TABLE "Odd/one"."a & b"`)
	page, _ := s.backUp()
	viewer := h.Member(account.RoleViewer)
	odd := url.QueryEscape("shop_pages/Odd%2Fone/a%20&%20b")
	t.Run("a copy opens at its schemas, then tables with rows", func(t *testing.T) {
		has(t, viewer.Get(first+"/files"), 200, "1 database", "shop_pages", "Odd/one", "public", "600")
		tables := viewer.Get(first + "/files?database=shop_pages&schema=public")
		has(t, tables, 200, "orders", "customers", "500", "100")
		lacks(t, tables, `name="path"`) // a viewer restores nothing
		has(t, h.Owner.Get(first+"/files?database=shop_pages&schema=public"), 200, `value="shop_pages/public/orders"`, first+"/restores/new")
	})
	t.Run("what the copy does not hold is not there", func(t *testing.T) {
		for _, query := range []string{"database=nope", "database=shop_pages&schema=nope", "table=shop_pages/public/nope", "table=x", "database=shop_pages&schema=Odd%2Fone&table=%2F"} {
			has(t, viewer.Get(page+"/files?"+query), 404)
		}
	})
	t.Run("a table shows its first rows as they were", func(t *testing.T) {
		has(t, viewer.Get(first+"/files?table=shop_pages/public/customers"), 200, "first 8 of 100", "Customer 1", "Customer 8")
		lacks(t, viewer.Get(first+"/files?table=shop_pages/public/customers"), "Customer 9<", "Somebody")
		has(t, viewer.Get(page+"/files?table=shop_pages/public/customers"), 200, "first 8 of 100")
		has(t, viewer.Get(first+"/files?table="+odd), 200, "what, then", "NULL", "&lt;b&gt;")
		has(t, viewer.Get(page+"/files?table=shop_pages/public/coupons"), 200, "This table is empty.")
	})
	t.Run("tables are found by name in every schema", func(t *testing.T) {
		has(t, viewer.Get(first+"/files?q=A+%26"), 200, "Odd/one.a &amp; b")
		has(t, viewer.Get(first+"/files?q=nothing"), 200, "Nothing has that name")
	})
	t.Run("each table says how it differs from the copy before", func(t *testing.T) {
		has(t, viewer.Get(page+"/files?database=shop_pages&schema=public"), 200, "+12 rows", "New", "Changed")
		changes := viewer.Get(page + "/changes")
		has(t, changes, 200, "public.orders", "500 rows", "512 rows", "+12 rows", "Odd/one.a &amp; b", "Gone", "public.coupons", "public.customers")
		has(t, viewer.Get(first+"/changes"), 200, "This is the first copy")
		has(t, viewer.Get(page), 200, "Against the copy of", "+12 rows", "What the plan keeps")
	})
	t.Run("the raw files are there as well", func(t *testing.T) {
		has(t, viewer.Get(page+"/files?view=files"), 200, "globals.sql", "levqor.json", "view=files")
		answer := viewer.Get(page + "/download.zip")
		r, err := zip.NewReader(strings.NewReader(answer.Body), int64(len(answer.Body)))
		must(t, err)
		if len(r.File) < 4 {
			t.Errorf("%d files", len(r.File))
		}
	})
}

func TestChangesOfFiles(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	h.Work(workers.Run)
	s := newShelf(t, h, nil, source.Input{})
	s.fill(map[string]string{"same.txt": "same", "changed.txt": "before", "gone/away.txt": "bye"})
	first, firstID := s.backUp()
	files := map[string]string{"changed.txt": "after, and longer"}
	for i := range 130 {
		files["new/"+strings.Repeat("n", i+1)] = "new"
	}
	s.fill(files)
	must(t, os.RemoveAll(filepath.Join(s.dir, "gone")))
	page, _ := s.backUp()
	t.Run("what is new, other and gone is told, a page at a time", func(t *testing.T) {
		answer := h.Owner.Get(page + "/changes")
		has(t, answer, 200, "changed.txt", "gone/away.txt", "new/n<", "130", "Go on")
		lacks(t, answer, "same.txt", ".levqor")
		next := h.Owner.Get(page + "/changes?after=" + "new/" + strings.Repeat("n", 98))
		has(t, next, 200, "new/"+strings.Repeat("n", 130)+"<", "From the beginning")
		lacks(t, next, "changed.txt", "Go on")
	})
	t.Run("the sums stand on the page of the snapshot, without a look into the vault", func(t *testing.T) {
		has(t, h.Owner.Get(page), 200, "Against the copy of", ">130<", "files, 390\u00a0B")
	})
	t.Run("without an earlier copy there is nothing to compare with", func(t *testing.T) {
		has(t, h.Owner.Get(first+"/changes"), 200, "This is the first copy")
		h.Exec(`UPDATE snapshots SET state = 'deleted', deleted_at = now() WHERE id = $1`, firstID)
		has(t, h.Owner.Get(page+"/changes"), 200, "This is the first copy")
		has(t, h.Owner.Get(page), 200, "Against the copy of")
	})
}
