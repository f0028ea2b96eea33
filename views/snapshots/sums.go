package snapshots

import (
	"cmp"
	"context"
	"slices"

	"levqor/jobs/backup"
	"levqor/jobs/source"
	"levqor/jobs/source/tree"
	"levqor/locales"
)

const mostBiggest = 5

// biggest are the tables that changed most, by rows.
func biggest(tables []backup.TableChange) []backup.TableChange {
	changed := slices.DeleteFunc(slices.Clone(tables), func(t backup.TableChange) bool { return t.Change == tree.Same })
	slices.SortStableFunc(changed, func(a, b backup.TableChange) int { return cmp.Compare(abs(b.Grown()), abs(a.Grown())) })
	return changed[:min(mostBiggest, len(changed))]
}

func abs(n int64) int64 { return max(n, -n) }

// tableName has the database in front where there are several.
func tableName(c backup.Changes, t backup.TableChange) string {
	name := t.Schema + "." + t.Name
	if c.Tables[0].Database != c.Tables[len(c.Tables)-1].Database {
		name = t.Database + "." + name
	}
	return name
}

// grown is "+412 rows"; as many rows with other content are "changed".
func grown(ctx context.Context, by int64) string {
	switch {
	case by > 0:
		return locales.T(ctx, "snapshots.since.more", "rows", locales.N(ctx, "snapshots.rows", int(by)))
	case by < 0:
		return locales.T(ctx, "snapshots.since.fewer", "rows", locales.N(ctx, "snapshots.rows", int(-by)))
	default:
		return locales.T(ctx, "snapshots.since.changed")
	}
}

// sumBytes is "files, 1.2 MB" or "tables, 3 GB" under a count.
func sumBytes(ctx context.Context, c backup.Changes, s tree.Sum) string {
	key := "snapshots.since.files"
	if c.Snapshot.SourceKind == source.Postgres {
		key = "snapshots.since.tables"
	}
	return locales.N(ctx, key, int(s.Files), "size", locales.Bytes(ctx, s.Bytes))
}
