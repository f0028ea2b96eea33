package backup

import (
	"cmp"
	"slices"

	"levqor/jobs/source/postgres"
	"levqor/jobs/source/tree"
)

// TableChange is one table against the snapshot before. Of an added one nothing
// was before, of a removed one nothing is now.
type TableChange struct {
	Database string
	Schema   string
	Name     string
	Change   tree.Change
	Before   TableSize
	Now      TableSize
}

// TableSize is how much a table holds.
type TableSize struct {
	Rows  int64
	Bytes int64
}

// Grown is how many rows more there are.
func (t TableChange) Grown() int64 { return t.Now.Rows - t.Before.Rows }

// compareTables is by database, schema and name. A table whose rows have another
// fingerprint has changed, also when there are as many.
func compareTables(before, now postgres.Truth) ([]TableChange, *tree.Since) {
	old := map[[3]string]postgres.Table{}
	eachTable(before, func(key [3]string, t postgres.Table) { old[key] = t })
	changes, sums := []TableChange{}, &tree.Since{}
	add := func(key [3]string, c tree.Change, then, is postgres.Table) {
		changes = append(changes, TableChange{Database: key[0], Schema: key[1], Name: key[2], Change: c,
			Before: TableSize{then.Rows, then.Bytes}, Now: TableSize{is.Rows, is.Bytes}})
		if sums.Add(c, tree.File{Size: is.Bytes}); c == tree.Removed {
			sums.Removed.Bytes += then.Bytes
		}
	}
	eachTable(now, func(key [3]string, t postgres.Table) {
		then, was := old[key]
		delete(old, key)
		switch {
		case !was:
			add(key, tree.Added, postgres.Table{}, t)
		case then.Rows != t.Rows || then.Hash != t.Hash:
			add(key, tree.Altered, then, t)
		default:
			add(key, tree.Same, then, t)
		}
	})
	for key, t := range old {
		add(key, tree.Removed, t, postgres.Table{})
	}
	slices.SortFunc(changes, func(a, b TableChange) int {
		return cmp.Or(cmp.Compare(a.Database, b.Database), cmp.Compare(a.Schema, b.Schema), cmp.Compare(a.Name, b.Name))
	})
	return changes, sums
}

func eachTable(t postgres.Truth, tell func(key [3]string, t postgres.Table)) {
	for _, d := range t.Databases {
		for _, table := range d.Tables {
			tell([3]string{d.Name, table.Schema, table.Name}, table)
		}
	}
}
