package snapshots

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"levqor/jobs/backup"
	"levqor/jobs/restore"
	"levqor/jobs/source"
	"levqor/jobs/source/postgres"
	"levqor/locales"
)

// Tables are a database copy's databases, schemas and tables. Database and Schema
// are where the reader is; Table is the path of the one that is open.
type Tables struct {
	One
	Truth    source.Truth
	Since    backup.Changes
	Database string
	Schema   string
	Table    string
	Search   string
	From     int            // of the list's rows
	Peek     *postgres.Head // of Table
}

const tablesPage = 100

// Level is what the list is of: databases, schemas or tables.
type Level string

const (
	LevelDatabases Level = "databases"
	LevelSchemas   Level = "schemas"
	LevelTables    Level = "tables"
)

// TableRow is a table, or the sum of a schema's or database's.
type TableRow struct {
	Database string
	Schema   string
	Name     string
	Count    int // of tables summed up
	Rows     int64
	Bytes    int64
	Change   *backup.TableChange
}

// Settle walks down to where there is something to choose: a copy of one database
// with one schema begins at its tables. False: the address names nothing here.
func (p *Tables) Settle() bool {
	if database, t, ok := p.Open(); ok && p.Database == "" && p.Search == "" {
		p.Database, p.Schema = database, t.Schema
	}
	rows := p.sums()
	for len(rows) == 1 && p.Level() != LevelTables && p.Search == "" {
		p.Database, p.Schema = rows[0].Database, rows[0].Schema
		rows = p.sums()
	}
	_, _, found := p.Open()
	return (len(rows) > 0 || p.Database == "" || p.Search != "") && (p.Table == "" || found)
}

// Level of the list.
func (p *Tables) Level() Level {
	switch {
	case p.Search != "" || p.Schema != "":
		return LevelTables
	case p.Database != "":
		return LevelSchemas
	default:
		return LevelDatabases
	}
}

// sums are all rows of the list.
func (p *Tables) sums() (rows []TableRow) {
	at := map[[3]string]int{}
	search := strings.ToLower(p.Search)
	p.each(func(database string, t postgres.Table) {
		if p.Database != "" && database != p.Database || p.Schema != "" && t.Schema != p.Schema ||
			search != "" && !strings.Contains(strings.ToLower(t.Schema+"."+t.Name), search) {
			return
		}
		row := TableRow{Database: database, Schema: t.Schema, Name: t.Name}
		switch p.Level() {
		case LevelDatabases:
			row.Schema, row.Name = "", ""
		case LevelSchemas:
			row.Name = ""
		}
		key := [3]string{row.Database, row.Schema, row.Name}
		i, known := at[key]
		if !known {
			i = len(rows)
			at[key] = i
			rows = append(rows, row)
		}
		rows[i].Count++
		rows[i].Rows += t.Rows
		rows[i].Bytes += t.Bytes
	})
	slices.SortStableFunc(rows, func(a, b TableRow) int {
		return cmp.Or(cmp.Compare(a.Database, b.Database), cmp.Compare(a.Schema, b.Schema), cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Name, b.Name))
	})
	return rows
}

// page is the rows of this page, with how each table differs from the copy before.
func (p *Tables) page() (rows []TableRow, more bool) {
	rows = p.sums()
	rows = rows[min(p.From, len(rows)):]
	if more = len(rows) > tablesPage; more {
		rows = rows[:tablesPage]
	}
	if p.Level() != LevelTables {
		return rows, more
	}
	for i := range rows {
		for j, c := range p.Since.Tables {
			if c.Database == rows[i].Database && c.Schema == rows[i].Schema && c.Name == rows[i].Name {
				rows[i].Change = &p.Since.Tables[j]
			}
		}
	}
	return rows, more
}

func (p *Tables) each(tell func(database string, t postgres.Table)) {
	for _, d := range p.Truth.Postgres.Databases {
		for _, t := range d.Tables {
			tell(d.Name, t)
		}
	}
}

// Open is the table that is open, and its database; false when there is none.
func (p *Tables) Open() (database string, found postgres.Table, ok bool) {
	p.each(func(in string, t postgres.Table) {
		if p.Table != "" && (TableRow{Database: in, Schema: t.Schema, Name: t.Name}).path() == p.Table {
			database, found, ok = in, t, true
		}
	})
	return database, found, ok
}

func (p *Tables) isOpen(r TableRow) bool { return r.Name != "" && r.path() == p.Table }

// tablesURL is the list of a database's schemas, or of a schema's tables.
func (p One) tablesURL(database, schema string) templ.SafeURL {
	return p.at("database", database, "schema", schema)
}

func (p One) at(pairs ...string) templ.SafeURL {
	query := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if query.Set(pairs[i], pairs[i+1]); pairs[i+1] == "" {
			query.Del(pairs[i])
		}
	}
	if len(query) == 0 {
		return p.url("/files")
	}
	return p.url("/files?" + query.Encode())
}

func (p *Tables) rowURL(r TableRow) templ.SafeURL {
	if r.Name == "" {
		return p.tablesURL(r.Database, r.Schema)
	}
	return p.here("table", r.path())
}

// here is this very page, with some of its values others: pairs of name and value.
func (p *Tables) here(pairs ...string) templ.SafeURL {
	from := ""
	if p.From > 0 {
		from = strconv.Itoa(p.From)
	}
	return p.at(append([]string{"database", p.Database, "schema", p.Schema, "q", p.Search, "from", from}, pairs...)...)
}

func (r TableRow) path() string {
	return restore.Table{Database: r.Database, Schema: r.Schema, Name: r.Name}.Path()
}

// shown is the row's name, with what it is in where a search found it.
func (p *Tables) shown(r TableRow) string {
	switch {
	case r.Schema == "":
		return r.Database
	case r.Name == "":
		return r.Schema
	case p.Search != "":
		return r.Schema + "." + r.Name
	default:
		return r.Name
	}
}

func (r TableRow) icon() string {
	switch {
	case r.Schema == "":
		return "database"
	case r.Name == "":
		return "folder-tree"
	default:
		return "table-2"
	}
}

// choosable: whole databases and single tables can be restored.
func (p *Tables) choosable() bool { return p.Operate && p.Level() != LevelSchemas }

func (p *Tables) way(ctx context.Context) []crumb {
	many := len(p.Truth.Postgres.Databases)
	way := []crumb{{Name: locales.N(ctx, "snapshots.databases", many), URL: p.url("/files"), Here: p.Database == ""}}
	if p.Database != "" {
		way = append(way, crumb{Name: p.Database, URL: p.tablesURL(p.Database, ""), Here: p.Schema == ""})
	}
	if p.Schema != "" {
		way = append(way, crumb{Name: p.Schema, URL: p.tablesURL(p.Database, p.Schema), Here: true})
	}
	return way
}
