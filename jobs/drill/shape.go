package drill

import "slices"

// Shape is how much a copy holds of what. The zero shape is like no other: it is
// that of a copy nobody knows.
type Shape struct {
	Known     bool
	Bytes     int64
	Files     int64
	Rows      int64    // 0 of files
	Tables    int64    // 0 of files
	Databases []string // by name, in any order; none of files
}

// Like says whether a proof of the other copy speaks for this one too: both hold
// databases of the same names, and each of bytes, files, rows and tables is at
// most twice and at least half of the other's. Small differences don't count:
// 16 MB, 100 files, 10,000 rows, 10 tables.
func (s Shape) Like(other Shape) bool {
	return s.Known && other.Known &&
		near(s.Bytes, other.Bytes, 16<<20) && near(s.Files, other.Files, 100) &&
		near(s.Rows, other.Rows, 10_000) && near(s.Tables, other.Tables, 10) &&
		sameNames(s.Databases, other.Databases)
}

// near also holds nothing unlike something: an emptied source is news.
func near(a, b, slack int64) bool {
	low, high := min(a, b), max(a, b)
	return (low > 0 || high == 0) && (high <= 2*low || high-low <= slack)
}

func sameNames(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(a, b)
}
