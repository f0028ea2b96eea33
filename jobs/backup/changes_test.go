package backup

import (
	"fmt"
	"slices"
	"testing"

	"levqor/jobs/source/postgres"
	"levqor/jobs/source/tree"
)

func TestTablesAgainstTheSnapshotBefore(t *testing.T) {
	t.Parallel()
	shop := func(tables ...postgres.Table) postgres.Truth {
		return postgres.Truth{Databases: []postgres.Database{{Name: "shop", Tables: tables}}}
	}
	before := shop(
		postgres.Table{Schema: "public", Name: "orders", Rows: 10, Hash: "1", Bytes: 100},
		postgres.Table{Schema: "public", Name: "prices", Rows: 3, Hash: "2", Bytes: 30},
		postgres.Table{Schema: "public", Name: "same", Rows: 5, Hash: "3", Bytes: 50},
		postgres.Table{Schema: "public", Name: "old", Rows: 7, Hash: "4", Bytes: 70},
	)
	now := shop(
		postgres.Table{Schema: "public", Name: "orders", Rows: 12, Hash: "5", Bytes: 120},
		postgres.Table{Schema: "public", Name: "prices", Rows: 3, Hash: "6", Bytes: 30}, // as many rows, other ones
		postgres.Table{Schema: "public", Name: "same", Rows: 5, Hash: "3", Bytes: 50},
		postgres.Table{Schema: "archive", Name: "old", Rows: 7, Hash: "4", Bytes: 70},
	)
	changes, sums := compareTables(before, now)
	var told []string
	for _, c := range changes {
		told = append(told, fmt.Sprintf("%s.%s %s %+d", c.Schema, c.Name, c.Change, c.Grown()))
	}
	want := []string{"archive.old added +7", "public.old removed -7", "public.orders changed +2", "public.prices changed +0", "public.same same +0"}
	if !slices.Equal(told, want) {
		t.Errorf("%q", told)
	}
	if *sums != (tree.Since{Added: tree.Sum{Files: 1, Bytes: 70}, Changed: tree.Sum{Files: 2, Bytes: 150}, Removed: tree.Sum{Files: 1, Bytes: 70}, Same: tree.Sum{Files: 1, Bytes: 50}}) {
		t.Errorf("%+v", sums)
	}
}
