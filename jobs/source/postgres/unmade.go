package postgres

import (
	"strings"
)

// gap is what of a database a restore did not make. A comparison leaves it out.
type gap struct {
	counts     map[string]int // by the checks' names: indexes, views, …
	extensions map[string]bool
	tables     map[tableKey]tally // their rows as the copy holds them
	own        []Check            // of the database's properties, made while they were set
}

func newGap() *gap {
	return &gap{counts: map[string]int{}, extensions: map[string]bool{}, tables: map[tableKey]tally{}}
}

// lack counts one entry that was not made.
func (g *gap) lack(e entry) {
	switch e.kind {
	case "AGGREGATE", "FUNCTION", "PROCEDURE":
		g.counts["functions"]++
	case "CHECK CONSTRAINT", "FK CONSTRAINT":
		g.counts["constraints"]++
	case "CONSTRAINT":
		g.counts["constraints"]++
		g.counts["indexes"]++
	case "EXTENSION":
		g.extensions[strings.TrimPrefix(e.name, "- ")] = true
	case "INDEX":
		g.counts["indexes"]++
	case "MATERIALIZED VIEW", "VIEW":
		g.counts["views"]++
	case "SEQUENCE":
		g.counts["sequences"]++
	case "TABLE":
		g.counts["tables"]++
	case "TRIGGER":
		g.counts["triggers"]++
	}
}

// tell notes all that came back otherwise than it was, or not at all.
func (r *restore) tell(d Database, f schemaFile) {
	r.forgive()
	failures := append(f.dropped, r.failed...)
	missing := map[int]bool{}
	for _, failure := range failures {
		missing[failure.id] = true
	}
	for _, e := range f.entries {
		if n, ok := r.given[e.id]; ok && !missing[e.id] {
			n.Args["database"] = d.Name
			r.done.Notes = append(r.done.Notes, n)
		}
		if e.kind == "SUBSCRIPTION" && !missing[e.id] {
			r.note("subscription_off", map[string]any{"name": d.Name, "subscription": e.name})
		}
	}
	for _, path := range r.unreadable {
		r.note("object_damaged", map[string]any{"name": path})
	}
	r.tellUnmade(d, failures, f.entries)
}

// failure is an entry that could not be made, and why; err is nil for what is
// not made on purpose.
type failure struct {
	entry
	err error
}

// maxUnmade is how many objects of a database are told one by one.
const maxUnmade = 50

// tellUnmade notes what was not made: of objects that need each other the one
// that they all rest on, with the number of the others.
func (r *restore) tellUnmade(d Database, failures []failure, all []entry) {
	if len(failures) == 0 {
		return
	}
	order := map[int]int{}
	for i, f := range failures {
		order[f.id] = i
		r.gap.lack(f.entry)
	}
	needs := map[int][]int{}
	for _, e := range all {
		needs[e.id] = e.needs
	}
	for _, f := range failures {
		needs[f.id] = f.needs
	}
	behind := map[int][]string{}
	for _, f := range failures {
		if root := restsOn(f.id, order, needs); root != f.id {
			behind[root] = append(behind[root], f.name)
		}
	}
	told, roots := 0, 0
	for _, f := range failures {
		if restsOn(f.id, order, needs) != f.id {
			continue
		}
		if roots++; told == maxUnmade {
			continue
		}
		told++
		args := map[string]any{"database": d.Name, "kind": strings.ToLower(f.kind), "name": f.name}
		key := "unmade"
		if f.err == nil {
			key = "left_out"
		} else {
			args["reason"] = reasonOf(f.err)
		}
		if r.admin != "" {
			key += "_here"
		}
		if others := behind[f.id]; len(others) > 0 {
			key += "_with"
			args["count"], args["names"] = len(others), sampleOf(others)
		}
		r.note(key, args)
	}
	if roots > told {
		r.note("unmade_more", map[string]any{"database": d.Name, "count": roots - told})
	}
}

// restsOn is the first, in the order of the list, of all that an entry needs and
// that was not made: itself where it needs no other such.
func restsOn(id int, order map[int]int, needs map[int][]int) int {
	seen, root, from := map[int]bool{id: true}, id, []int{id}
	for len(from) > 0 {
		at := from[0]
		from = from[1:]
		if place, failed := order[at]; failed && place < order[root] {
			root = at
		}
		for _, need := range needs[at] {
			if !seen[need] {
				seen[need] = true
				from = append(from, need)
			}
		}
	}
	return root
}

// reasonOf is what the server said.
func reasonOf(err error) string {
	if pg, ok := refusal(err); ok {
		return strings.TrimSuffix(shorten(pg.Message), ".")
	}
	return strings.TrimSuffix(shorten(err.Error()), ".")
}
