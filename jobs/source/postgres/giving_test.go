package postgres

import (
	"cmp"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// odd databases come back as they were, beside the old one and in a drill; what
// does not is named.
func TestOddDatabasesComeBack(t *testing.T) {
	t.Parallel()
	c, where := admin(t), scratch(t)
	for _, odd := range []struct {
		file          string
		create        string   // how the database is made
		beside, drill []string // the notes, by the ends of their keys
	}{
		{file: "check_function_reads_table"},
		{file: "collation_unknown_to_worker"},
		{file: "comment_on_event_trigger", drill: []string{"unmade_here_with"}},
		{file: "comment_on_publication"},
		{file: "database_read_only"},
		{file: "default_privileges_policies"},
		{file: "icu_database", create: `ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'und'`},
		{file: "large_objects"},
		{file: "latin1", create: `ENCODING 'LATIN1' LOCALE 'C'`},
		{file: "role_settings_and_rights_of_database"},
		{file: "sql_ascii_with_latin1_bytes", create: `ENCODING 'SQL_ASCII' LOCALE 'C'`},
		{file: "database_settings_that_change_a_restore"},
		{file: "force_row_level_security"},
		{file: "function_in_language_c", drill: []string{"function_in_c_here"}},
		{file: "hash_partition_on_enum"},
		{file: "index_function_unqualified"},
		{file: "odd_settings"},
		{file: "partition_other_column_order"},
		{file: "superuser_only_objects", drill: []string{"function_plain"}},
		{file: "unlogged_identity_sequences"},
		{file: "view_over_foreign_table", drill: []string{"left_out_here", "left_out_here_with"}},
	} {
		t.Run(odd.file, func(t *testing.T) {
			t.Parallel()
			name := unique("odd")
			makeCase(t, c, name, odd.file, odd.create)
			c := c
			c.Databases = []string{name}
			stored, truth := dump(t, c)
			copied := unique("odd_copy")
			done, err := Restore(t.Context(), Target{Config: c, Names: map[string]string{name: copied}}, truth, stored.open, time.Now(), nil)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { run(t, c, "postgres", `DROP DATABASE `+ident(copied)) })
			wantNotes(t, "beside", done.Notes, odd.beside)
			if was, is := sqlOf(t, c, name), sqlOf(t, c, copied); was != is {
				t.Errorf("beside the old one:\n%s", firstDifference(was, is))
			}
			if done, err = Restore(t.Context(), Target{Config: where}, truth, stored.open, time.Now(), nil); err != nil {
				t.Fatal(err)
			}
			wantNotes(t, "in a drill", done.Notes, odd.drill)
			checks, err := done.Compare(t.Context(), where, done.Names, truth, nil)
			if err != nil {
				t.Fatal(err)
			}
			if wrong := bad(checks); len(wrong) > 0 {
				t.Errorf("a drill finds %+v", wrong)
			}
		})
	}
}

// makeCase makes a database by psql, as the case says.
func makeCase(t *testing.T, c Config, name, file, create string) {
	t.Helper()
	run(t, c, "postgres", `CREATE DATABASE `+ident(name)+` TEMPLATE template0 `+cmp.Or(create, `ENCODING 'UTF8'`))
	t.Cleanup(func() { run(t, c, "postgres", `DROP DATABASE `+ident(name)+` WITH (FORCE)`) })
	s, err := c.reach(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(s.Bin.Path("psql"), "-X", "-q", "-f", "-")
	cmd.Env = s.env(name)
	sql, err := os.ReadFile("testdata/cases/pg_" + file + ".sql")
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdin = strings.NewReader(string(sql))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

func wantNotes(t *testing.T, where string, notes []Note, want []string) {
	t.Helper()
	var got []string
	for _, n := range notes {
		if strings.Contains(n.Key, ".note.role") {
			continue // other tests' roles come and go
		}
		got = append(got, strings.TrimPrefix(n.Key, "postgres.note."))
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("%s: noted %v, want %v: %+v", where, got, want, notes)
	}
}

// sqlOf is the whole database as SQL, its own name taken out.
func sqlOf(t *testing.T, c Config, name string) string {
	t.Helper()
	s, err := c.reach(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.start(t.Context(), "pg_dump", name, nil, "-C", "--inserts", "--restrict-key=x", "-d", connString(name))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if _, err := (&dumpReader{program: p}).WriteTo(&out); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.ReplaceAll(strings.ReplaceAll(out.String(), ident(name), "DB"), name, "DB"), "\n")
	slices.Sort(lines) // a row may lie in another place of its table
	return strings.Join(lines, "\n")
}

func firstDifference(was, is string) string {
	a, b := strings.Split(was, "\n"), strings.Split(is, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return "- " + strings.Join(a[i:min(i+8, len(a))], "\n- ") + "\n+ " + strings.Join(b[i:min(i+8, len(b))], "\n+ ")
		}
	}
	return "one ends before the other"
}
