package drill

import "testing"

func TestGroups(t *testing.T) {
	t.Parallel()
	doc := Document{Checks: []Check{
		{Group: "hash", Name: "a", Recorded: "9f3a", Restored: "9f3a", Total: 1, Good: 1, OK: true},
		{Group: "rows", Name: "a", Recorded: "40", Restored: "40", Total: 1, Good: 1, OK: true},
		{Group: "rows", Name: "b", Recorded: "2", Restored: "1", Total: 1, Good: 0},
		{Group: "objects", Name: "extensions", Recorded: "plpgsql", Restored: "plpgsql", Total: 1, Good: 1, OK: true},
		{Group: "objects", Name: "indexes", Recorded: "3", Restored: "3", Total: 1, Good: 1, OK: true},
		{Group: "new kind", Name: "x", Recorded: "1", Restored: "1", Total: 1, Good: 1, OK: true},
	}}
	groups := doc.Groups()
	if len(groups) != 4 || groups[0].Name != "rows" || groups[1].Name != "hash" || groups[3].Name != "new kind" {
		t.Fatalf("%+v", groups)
	}
	if rows := groups[0]; rows.Recorded != "42" || rows.Restored != "41" || !rows.Number || rows.OK || rows.Good != 1 || rows.Total != 2 || len(rows.Failed) != 1 || rows.Failed[0].Name != "b" {
		t.Fatalf("%+v", rows)
	}
	if objects := groups[2]; objects.Number || objects.Recorded != objects.Restored || !objects.OK {
		t.Fatalf("%+v", objects)
	}
}
