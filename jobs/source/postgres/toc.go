package postgres

import (
	"bytes"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// entry is one object of a schema.dump, as pg_restore lists it.
type entry struct {
	id    int
	line  string
	kind  string // as in MATERIALIZED VIEW
	name  string // schema and name, for people
	needs []int
}

// kinds are those of more than one word: the rest ends at the first space.
func kinds() []string {
	return []string{
		"ACCESS METHOD", "BLOB METADATA", "CHECK CONSTRAINT", "DATABASE PROPERTIES", "DEFAULT ACL", "EVENT TRIGGER", "FK CONSTRAINT",
		"FOREIGN DATA WRAPPER", "FOREIGN TABLE", "INDEX ATTACH", "MATERIALIZED VIEW DATA", "MATERIALIZED VIEW", "OPERATOR CLASS", "OPERATOR FAMILY",
		"PROCEDURAL LANGUAGE", "PUBLICATION TABLES IN SCHEMA", "PUBLICATION TABLE", "ROW SECURITY", "SECURITY LABEL", "SEQUENCE OWNED BY",
		"SEQUENCE SET", "SHELL TYPE", "STATISTICS DATA", "SUBSCRIPTION TABLE", "TABLE ATTACH", "TABLE DATA", "TEXT SEARCH CONFIGURATION",
		"TEXT SEARCH DICTIONARY", "TEXT SEARCH PARSER", "TEXT SEARCH TEMPLATE", "USER MAPPING",
	}
}

var listed = regexp.MustCompile(`^(\d+); \d+ \d+ (.+)$`)

// readList reads what pg_restore -l -v prints.
func readList(text string) (entries []entry) {
	known := kinds()
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if needs, ok := strings.CutPrefix(line, ";\tdepends on:"); ok && len(entries) > 0 {
			last := &entries[len(entries)-1]
			for word := range strings.FieldsSeq(needs) {
				if id, err := strconv.Atoi(word); err == nil {
					last.needs = append(last.needs, id)
				}
			}
			continue
		}
		match := listed.FindStringSubmatch(line)
		if match == nil {
			continue
		}
		e := entry{line: line}
		e.id, _ = strconv.Atoi(match[1])
		e.kind, _, _ = strings.Cut(match[2], " ")
		for _, kind := range known {
			if strings.HasPrefix(match[2], kind+" ") {
				e.kind = kind
				break
			}
		}
		e.name = nameOf(strings.TrimPrefix(match[2], e.kind+" "))
		entries = append(entries, e)
	}
	return entries
}

// nameOf takes the owner off "schema name owner", and a schema that is none.
func nameOf(rest string) string {
	if at := strings.LastIndex(rest, " "); at >= 0 {
		rest = rest[:at]
	}
	if plain, ok := strings.CutPrefix(rest, "- "); ok {
		return plain
	}
	return strings.Replace(rest, " ", ".", 1)
}

// part is the SQL of one entry.
type part struct {
	entry
	sql string
}

var marker = regexp.MustCompile(`^-- TOC entry (\d+) \(class \d+ OID \d+\)$`)

// split divides the script that pg_restore -v writes by its entries. What stands
// before the first only sets the session.
func split(script []byte, entries []entry) []part {
	byID := map[int]entry{}
	for _, e := range entries {
		byID[e.id] = e
	}
	var parts []part
	var state []string // settings of the entries before that hold for those after
	var text bytes.Buffer
	flush := func() {
		if len(parts) > 0 {
			parts[len(parts)-1].sql += text.String()
		}
		text.Reset()
	}
	for line := range bytes.Lines(script) {
		plain := strings.TrimRight(string(line), "\n")
		if match := marker.FindStringSubmatch(plain); match != nil {
			id, _ := strconv.Atoi(match[1])
			if e, ok := byID[id]; ok {
				delete(byID, id)
				flush()
				parts = append(parts, part{entry: e, sql: strings.Join(state, "\n") + "\n"})
				continue
			}
		}
		if strings.HasPrefix(plain, `\restrict `) || strings.HasPrefix(plain, `\unrestrict `) {
			continue
		}
		if strings.HasPrefix(plain, "SET default_table") {
			name, _, _ := strings.Cut(plain, "=")
			state = append(slices.DeleteFunc(state, func(s string) bool { return strings.HasPrefix(s, name) }), plain)
		}
		text.Write(line)
	}
	flush()
	return parts
}
