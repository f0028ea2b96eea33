package restore

import (
	"errors"
	"strings"
	"testing"
	"time"

	"levqor/jobs/fail"
)

func TestNewName(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	for from, want := range map[string]string{
		"shop":                  "shop_restored_20261124",
		strings.Repeat("a", 63): strings.Repeat("a", 45) + "_restored_20261124",
		strings.Repeat("é", 31): strings.Repeat("é", 22) + "_restored_20261124",
	} {
		if got := NewName(from, day); got != want || len(got) > maxName {
			t.Errorf("%s: got %s", from, got)
		}
	}
}

func fieldKeys(form *fail.Form) (keys []string) {
	if f, ok := errors.AsType[*fail.Error](form.Err()); ok {
		for _, field := range f.Fields {
			keys = append(keys, strings.TrimPrefix(field.Key, "restore.field."))
		}
	}
	return keys
}

// On another server a database's own name is nobody's live data.
func TestADatabaseMayKeepItsNameElsewhere(t *testing.T) {
	t.Parallel()
	var form fail.Form
	checkNames(&form, map[string]string{"shop": "shop"}, []string{"shop"}, false, true)
	if got := fieldKeys(&form); len(got) > 0 {
		t.Fatalf("refused: %v", got)
	}
}

func TestCheckNames(t *testing.T) {
	t.Parallel()
	inCopy := []string{"shop", "ledger"}
	for name, c := range map[string]struct {
		names map[string]string
		live  bool
		want  string
	}{
		"unknown database":      {map[string]string{"other": "x"}, false, "database_unknown"},
		"empty":                 {map[string]string{"shop": ""}, false, "name"},
		"too long":              {map[string]string{"shop": strings.Repeat("x", 64)}, false, "name"},
		"broken letters":        {map[string]string{"shop": "a\xff"}, false, "name"},
		"line break":            {map[string]string{"shop": "a\nb"}, false, "name"},
		"the server's own":      {map[string]string{"shop": "template1"}, false, "name_reserved"},
		"one name twice":        {map[string]string{"shop": "x", "ledger": "x"}, false, "name_twice"},
		"the live one":          {map[string]string{"shop": "shop"}, false, "name_live"},
		"over live, other name": {map[string]string{"shop": "x"}, true, "name_not_live"},
		"every wrong at once":   {map[string]string{"shop": "", "ledger": "ledger"}, false, "name_live name"},
		"fine":                  {map[string]string{"shop": "x", "ledger": `a "b" ; drop`}, false, ""},
		"fine over live":        {map[string]string{"shop": "shop"}, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var form fail.Form
			checkNames(&form, c.names, inCopy, c.live, false)
			if got := strings.Join(fieldKeys(&form), " "); got != c.want {
				t.Fatalf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	for _, p := range []string{"", "/etc/passwd", "..", "../x", "a/../../x", "a//b", "a/", "a\x00b", "./a"} {
		var form fail.Form
		if checkFilePaths(&form, []string{p}); len(fieldKeys(&form)) != 1 {
			t.Errorf("%q was taken", p)
		}
	}
	for _, p := range []string{"a", "a/b c", "…/x", "..a/b"} {
		var form fail.Form
		if checkFilePaths(&form, []string{p}); len(fieldKeys(&form)) != 0 {
			t.Errorf("%q was refused", p)
		}
	}
	for _, table := range []Table{{"shop", "public", "orders"}, {"a/b", "c.d", "e%2F f"}, {Database: "shop"}} {
		if got, ok := parseTable(table.Path()); !ok || got != table {
			t.Errorf("%+v became %+v", table, got)
		}
	}
	for _, text := range []string{"", "a/b", "a//b", "a/b/c/d", "%zz"} {
		if got, ok := parseTable(text); ok {
			t.Errorf("%q was taken as %+v", text, got)
		}
	}
}
