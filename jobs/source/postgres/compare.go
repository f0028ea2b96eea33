package postgres

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
)

// Check groups.
const (
	GroupAssertion  = "assertion"
	GroupDatabases  = "databases"
	GroupHash       = "hash"
	GroupObjects    = "objects"
	GroupProperties = "properties"
	GroupRoles      = "roles"
	GroupRows       = "rows"
	GroupSequences  = "sequences"
)

// Check is one comparison of what was recorded with what came back.
type Check struct {
	Group    string `json:"group"`
	Name     string `json:"name"` // database.schema.table, database.indexes, an assertion's name
	Recorded string `json:"recorded"`
	Restored string `json:"restored"`
	OK       bool   `json:"ok"`
	Detail   string `json:"detail,omitempty"` // why an assertion could not be answered
}

// Compare reads the restored databases in full, just as the backup was read,
// and holds them against the Truth. names maps a database of the Truth to its
// name on this server; empty means the same names. A difference is a check that
// is not OK, no error.
func Compare(ctx context.Context, c Config, names map[string]string, truth Truth, p *Progress) ([]Check, error) {
	return compare(ctx, c, names, truth, nil, p)
}

// Compare is that of a restore: what its notes name is not looked for, and the
// rows of a table that could not be made are those that the copy holds of it.
func (r Restored) Compare(ctx context.Context, c Config, names map[string]string, truth Truth, p *Progress) ([]Check, error) {
	return compare(ctx, c, names, truth, r.gaps, p)
}

func compare(ctx context.Context, c Config, names map[string]string, truth Truth, gaps map[string]*gap, p *Progress) ([]Check, error) {
	s, err := c.reach(ctx)
	if err != nil {
		return nil, err
	}
	defer s.close()
	var now Truth
	s.Databases = nil
	there, err := s.present(ctx, &now)
	if err != nil {
		return nil, err
	}
	v := &survey{server: s, progress: p}
	v.Exclude = truth.Excluded
	found := map[string]Database{}
	for _, d := range truth.Databases {
		name := renamed(names, d.Name)
		if !slices.Contains(there, name) {
			continue
		}
		v.encoding = cmp.Or(d.Stream, utf8Encoding)
		if found[d.Name], _, err = v.database(ctx, name); err != nil {
			return nil, ended(ctx, err)
		}
	}
	checks := []Check{number(GroupDatabases, "databases", len(truth.Databases), len(found))}
	if !partial(truth) {
		checks = append(checks, number(GroupRoles, "roles", len(truth.Roles), rolesThere(truth.Roles, now.Roles)))
	}
	for _, d := range truth.Databases {
		checks = append(checks, compareDatabase(d, found[d.Name], gaps[d.Name])...)
	}
	return checks, nil
}

// present is the databases of the server, whoever may enter them. The others are
// none of a comparison's business: they come and go.
func (s *server) present(ctx context.Context, now *Truth) ([]string, error) {
	conn, err := s.entry(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if err := s.choose(versionOf(conn)); err != nil {
		return nil, err
	}
	if now.Roles, err = listRoles(ctx, conn); err != nil {
		return nil, classify(err)
	}
	names, err := namesIn(ctx, conn, `SELECT datname::text FROM pg_catalog.pg_database`)
	return names, classify(err)
}

func partial(truth Truth) bool {
	for _, d := range truth.Databases {
		if d.Partial {
			return true
		}
	}
	return false
}

func renamed(names map[string]string, name string) string {
	if other := names[name]; other != "" {
		return other
	}
	return name
}

func rolesThere(recorded, present []Role) int {
	there := map[string]bool{}
	for _, role := range present {
		there[role.Name] = true
	}
	n := 0
	for _, role := range recorded {
		if there[role.Name] {
			n++
		}
	}
	return n
}

func compareDatabase(was, is Database, g *gap) []Check {
	if g == nil {
		g = newGap()
	}
	var checks []Check
	found := map[tableKey]Table{}
	for _, t := range is.Tables {
		found[tableKey{t.Schema, t.Name}] = t
	}
	for _, t := range was.Tables {
		name := was.Name + "." + t.Schema + "." + t.Name
		now, there := found[tableKey{t.Schema, t.Name}]
		switch {
		case t.Via != "":
			continue // it is compared with all of its root
		case t.Partitioned && t.Hash != "":
			t.Rows, t.Hash = was.through(t)
			now.Rows, now.Hash = is.through(now)
			t.Partitioned = false
		}
		if held, ok := g.tables[tableKey{t.Schema, t.Name}]; ok {
			now, there = Table{Rows: held.rows, Hash: held.hash()}, true
		}
		rows := Check{Group: GroupRows, Name: name, Recorded: strconv.FormatInt(t.Rows, 10), Restored: strconv.FormatInt(now.Rows, 10)}
		rows.OK = there && now.Rows == t.Rows
		checks = append(checks, rows)
		if !t.Partitioned {
			checks = append(checks, Check{Group: GroupHash, Name: name, Recorded: t.Hash, Restored: now.Hash, OK: there && now.Hash == t.Hash})
		}
	}
	if was.Partial {
		return checks
	}
	names := func(extensions []Extension) string {
		var all []string
		for _, e := range extensions {
			if !g.extensions[e.Name] {
				all = append(all, e.Name)
			}
		}
		return strings.Join(all, ", ")
	}
	a, b := was.Counts, is.Counts
	checks = append(append(checks, g.own...), g.sequences(was, is)...)
	if was.ObjectsHash != "" && is.ObjectsHash != "" {
		checks = append(checks, Check{Group: GroupHash, Name: was.Name + ".large_objects", Recorded: was.ObjectsHash, Restored: is.ObjectsHash, OK: was.ObjectsHash == is.ObjectsHash})
	}
	return append(checks,
		g.number(was.Name, "constraints", a.Constraints, b.Constraints),
		Check{Group: GroupObjects, Name: was.Name + ".extensions", Recorded: names(was.Extensions), Restored: names(is.Extensions), OK: names(was.Extensions) == names(is.Extensions)},
		g.number(was.Name, "functions", a.Functions, b.Functions),
		g.number(was.Name, "indexes", a.Indexes, b.Indexes),
		g.number(was.Name, "large_objects", a.LargeObjects, b.LargeObjects),
		g.number(was.Name, "sequences", a.Sequences, b.Sequences),
		g.number(was.Name, "tables", len(was.Tables), len(is.Tables)),
		g.number(was.Name, "triggers", a.Triggers, b.Triggers),
		g.number(was.Name, "views", a.Views, b.Views),
	)
}

// sequences compares where they stand, of those that could be made.
func (g *gap) sequences(was, is Database) []Check {
	if was.Sequences == nil {
		return nil
	}
	now := map[string]Sequence{}
	for _, s := range is.Sequences {
		now[s.Name] = s
	}
	missing := g.counts["sequences"]+g.counts["tables"] > 0
	var recorded, good int
	var other []string
	for _, s := range was.Sequences {
		found, there := now[s.Name]
		if !there && missing {
			continue
		}
		if recorded++; found == s {
			good++
		} else {
			other = append(other, s.Name)
		}
	}
	c := number(GroupSequences, was.Name+".sequences", recorded, good)
	c.Detail = sampleOf(other)
	return []Check{c}
}

// number compares with the part that could be made. What a table would have
// brought along has no entry of its own in the copy, and is not looked for.
func (g *gap) number(database, kind string, recorded, restored int) Check {
	c := number(GroupObjects, database+"."+kind, recorded-g.counts[kind], restored)
	if g.counts["tables"] > 0 && (kind == "constraints" || kind == "sequences") && restored < recorded {
		c.Recorded, c.OK = c.Restored, true
	}
	return c
}

func number(group, name string, recorded, restored int) Check {
	return Check{Group: group, Name: name, Recorded: strconv.Itoa(recorded), Restored: strconv.Itoa(restored), OK: recorded == restored}
}
