package conformance

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// oddDatabase is one file of testdata: the SQL that makes it, and what its head
// says of it, a line "-- word: value" each. `encoding` and `icu` are the
// database's own; `tablespace` is one that it needs; `note` is the key of a note
// that its backup, restore or proof must give, and `differs` a pattern of lines of
// its dump that may differ because of one. `gap` says what does not work yet: the
// case must fail until the line is removed.
type oddDatabase struct {
	name, file, encoding, icu, tablespace, gap string
	notes                                      []string
	differs                                    []*regexp.Regexp
}

func oddDatabases(t *testing.T) (all []oddDatabase) {
	t.Helper()
	files, err := filepath.Glob("testdata/*.sql")
	if err != nil || len(files) < 60 {
		t.Fatalf("%d cases, %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		d := oddDatabase{name: strings.TrimSuffix(filepath.Base(file), ".sql"), encoding: "UTF8"}
		if d.file, err = filepath.Abs(file); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			word, value, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "-- "), ": ")
			switch word {
			case "encoding":
				d.encoding = value
			case "icu":
				d.icu = value
			case "tablespace":
				d.tablespace = value
			case "gap":
				d.gap = value
			case "note":
				d.notes = append(d.notes, value)
			case "differs":
				d.differs = append(d.differs, regexp.MustCompile(value))
			}
		}
		all = append(all, d)
	}
	return all
}

func (d oddDatabase) mayDiffer(line string) bool {
	return slices.ContainsFunc(d.differs, func(r *regexp.Regexp) bool { return r.MatchString(line) })
}

// difference is the lines that only one of two dumps has, at most a few.
func (d oddDatabase) difference(before, after string) (lines []string) {
	count := map[string]int{}
	for line := range strings.SplitSeq(before, "\n") {
		count[line]++
	}
	for line := range strings.SplitSeq(after, "\n") {
		count[line]--
	}
	for line, n := range count {
		if n != 0 && !d.mayDiffer(line) {
			sign := "- "
			if n < 0 {
				sign = "+ "
			}
			lines = append(lines, sign+line)
		}
	}
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(a[2:]+a[:1], b[2:]+b[:1]) })
	return lines[:min(len(lines), 30)]
}
