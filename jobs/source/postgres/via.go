package postgres

import "strconv"

// through is the rows, and their fingerprint, of every partition below a table
// whose rows are loaded through it. Which of them holds a row differs from server
// to server; all of them together must not.
func (d Database) through(root Table) (rows int64, hash string) {
	below := map[string]bool{root.Schema + "." + root.Name: true}
	for grew := true; grew; {
		grew = false
		for _, t := range d.Tables {
			if name := t.Schema + "." + t.Name; below[t.PartitionOf] && !below[name] {
				below[name], grew = true, true
			}
		}
	}
	sum := tally{}
	for _, t := range d.Tables {
		if !below[t.Schema+"."+t.Name] {
			continue
		}
		rows += t.Rows
		if part, ok := parseTally(t.Hash); ok {
			sum.join(part)
		}
	}
	return rows, sum.hash()
}

func parseTally(hash string) (t tally, ok bool) {
	if len(hash) != 32 {
		return t, false
	}
	hi, errHi := strconv.ParseUint(hash[:16], 16, 64)
	lo, errLo := strconv.ParseUint(hash[16:], 16, 64)
	return tally{hi: hi, lo: lo}, errHi == nil && errLo == nil
}
