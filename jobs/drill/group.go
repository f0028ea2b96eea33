package drill

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
)

// Group is the checks of one kind together, as a proof's page shows them: sums
// of numbers, a digest of hashes. Failed are those that are not good.
type Group struct {
	Name     string // words: drill.check.<name>
	Recorded string // empty where there is nothing to sum up
	Restored string
	Number   bool // Recorded and Restored are whole numbers
	Total    int
	Good     int
	OK       bool
	Failed   []Check
}

// Groups in the order in which people read them; one they don't know comes last.
func (d Document) Groups() []Group {
	byName := map[string][]Check{}
	var names []string
	for _, c := range d.Checks {
		if _, known := byName[c.Group]; !known {
			names = append(names, c.Group)
		}
		byName[c.Group] = append(byName[c.Group], c)
	}
	order := []string{"databases", "roles", "files", "rows", "hash", "sequences", "objects", "properties", "readable"}
	place := func(name string) int {
		if i := slices.Index(order, name); i >= 0 {
			return i
		}
		return len(order)
	}
	slices.SortStableFunc(names, func(a, b string) int { return place(a) - place(b) })
	groups := make([]Group, len(names))
	for i, name := range names {
		groups[i] = groupOf(name, byName[name])
	}
	return groups
}

func groupOf(name string, checks []Check) Group {
	g := Group{Name: name, OK: true}
	for _, c := range checks {
		g.Total += c.Total
		g.Good += c.Good
		if !c.OK {
			g.OK, g.Failed = false, append(g.Failed, c)
		}
	}
	recorded, restored := texts(checks)
	if len(checks) == 1 {
		g.Recorded, g.Restored = recorded[0], restored[0]
		_, g.Number = sum(recorded)
		return g
	}
	var same bool
	g.Recorded, g.Number = sum(recorded)
	if g.Restored, same = sum(restored); !g.Number || !same {
		g.Recorded, g.Restored, g.Number = digest(recorded), digest(restored), false
	}
	return g
}

func texts(checks []Check) (recorded, restored []string) {
	for _, c := range checks {
		recorded, restored = append(recorded, c.Recorded), append(restored, c.Restored)
	}
	return recorded, restored
}

func sum(texts []string) (string, bool) {
	var total int64
	for _, text := range texts {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return "", false
		}
		total += n
	}
	return strconv.FormatInt(total, 10), true
}

// digest stands for many values: the same only when each of them is.
func digest(texts []string) string {
	hash := sha256.Sum256([]byte(strings.Join(texts, "\n")))
	text := hex.EncodeToString(hash[:])
	return text[:4] + "…" + text[60:]
}
