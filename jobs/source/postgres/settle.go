package postgres

import (
	"cmp"
	"fmt"
	"maps"
	"math/bits"
	"slices"

	"levqor/jobs/fail"
)

// merge is what all streams of a database held together: the rows of one root
// may pass in several.
func merge(seen []*scanner) *scanner {
	all := newScanner()
	for _, s := range seen {
		if s == nil {
			continue
		}
		for key, t := range s.tables {
			if all.tables[key] == nil {
				all.tables[key] = &tally{}
			}
			all.tables[key].join(*t)
		}
		maps.Copy(all.sequences, s.sequences)
		all.objects.join(s.objects)
	}
	return all
}

func (t *tally) join(other tally) {
	var carry uint64
	t.rows += other.rows
	t.lo, carry = bits.Add64(t.lo, other.lo, 0)
	t.hi, _ = bits.Add64(t.hi, other.hi, carry)
}

// settle takes the hashes over from the streams and holds the two counts against each other.
func settle(d *Database, seen []*scanner) error {
	found := merge(seen)
	byName := map[string]*Table{}
	for i := range d.Tables {
		byName[d.Tables[i].Schema+"."+d.Tables[i].Name] = &d.Tables[i]
	}
	counted := map[*Table]int64{}
	for i := range d.Tables {
		t := &d.Tables[i]
		switch {
		case t.Partitioned:
			continue
		case found.tables[t.key()] == nil && !t.Left:
			if root := rootOf(t, byName, found); root != nil {
				t.Via = root.Schema + "." + root.Name
				counted[root] += t.Rows
				continue
			}
		}
		counted[t] = t.Rows
	}
	for i := range d.Tables {
		t := &d.Tables[i]
		want, ok := counted[t]
		if !ok {
			continue
		}
		got := found.tables[t.key()]
		if got == nil {
			got = &tally{rows: -1}
			if t.Left {
				got.rows = 0
			}
		}
		if got.rows != want {
			err := fmt.Errorf("table %s.%s.%s: counted %d, read %d", d.Name, t.Schema, t.Name, want, got.rows)
			return fail.Work(err, fail.ClassInternal, "postgres.fail.counts_differ", "name", d.Name+"."+t.Schema+"."+t.Name, "counted", want, "read", max(got.rows, 0))
		}
		t.Hash = got.hash()
	}
	d.Sequences = slices.SortedFunc(maps.Values(found.sequences), func(a, b Sequence) int { return cmp.Compare(a.Name, b.Name) })
	if d.Sequences == nil {
		d.Sequences = []Sequence{}
	}
	d.ObjectsHash = found.objects.hash()
	if want := int64(d.Counts.LargeObjects); found.objects.rows != want {
		err := fmt.Errorf("large objects of %s: counted %d, read %d", d.Name, want, found.objects.rows)
		return fail.Work(err, fail.ClassInternal, "postgres.fail.counts_differ", "name", d.Name, "counted", want, "read", found.objects.rows)
	}
	return nil
}

// rootOf is the partitioned table through which pg_dump loads a partition: where
// the partition itself was not named, its nearest ancestor that was.
func rootOf(t *Table, byName map[string]*Table, found *scanner) *Table {
	for up := byName[t.PartitionOf]; up != nil; up = byName[up.PartitionOf] {
		if found.tables[up.key()] != nil {
			return up
		}
	}
	return nil
}
