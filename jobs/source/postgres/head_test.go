package postgres

import (
	"fmt"
	"strings"
	"testing"
)

func TestTheFirstRowsOfATable(t *testing.T) {
	t.Parallel()
	dump := "SET x = 1;\n\nCOPY public.a (id) FROM stdin;\n1\n\\.\n\n" +
		"COPY \"Odd\".\"na\"\"me\" (id, \"a, b)\", note) FROM stdin;\n" +
		"1\t\\N\tline\\nbreak\\\\\n2\t\t" + strings.Repeat("ü", 300) + "\n3\tx\ty\n\\.\n\nSELECT 1;\n"
	head, err := ReadHead(t.Context(), strings.NewReader(dump), "Odd", `na"me`, 2)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%q", head.Columns); got != `["id" "a, b)" "note"]` {
		t.Errorf("columns %s", got)
	}
	if len(head.Rows) != 2 || !head.Rows[0][1].Null || head.Rows[0][2].Text != "line\nbreak\\" || head.Rows[1][1].Null {
		t.Errorf("rows %+v", head.Rows)
	}
	if long := head.Rows[1][2]; !long.Cut || long.Text != strings.Repeat("ü", 200) {
		t.Errorf("a long value became %d signs, cut %v", len([]rune(long.Text)), long.Cut)
	}
	t.Run("a table that is not there has none", func(t *testing.T) {
		head, err := ReadHead(t.Context(), strings.NewReader(dump), "public", "b", 2)
		if err != nil || head.Columns != nil || head.Far {
			t.Errorf("%+v %v", head, err)
		}
	})
}
