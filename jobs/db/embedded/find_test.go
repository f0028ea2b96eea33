package embedded

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// programs is a folder that looks like a server's of that version.
func programs(t *testing.T, version string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"postgres", "initdb", "pg_dump", "pg_dumpall", "pg_restore", "psql"} {
		text := fmt.Sprintf("#!/bin/sh\necho '%s (PostgreSQL) %s (Debian)'\n", name, version)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestSeveralVersionsStandSideBySide(t *testing.T) {
	t.Parallel()
	all, err := All(t.Context(), strings.Join([]string{programs(t, "18.1"), programs(t, "15.18"), programs(t, "17.2")}, ":"))
	if err != nil || len(all) != 3 {
		t.Fatalf("%+v, %v", all, err)
	}
	for major, want := range map[int]string{13: "15.18", 15: "15.18", 16: "17.2", 17: "17.2", 18: "18.1", 19: ""} {
		if got, ok := Choose(all, major); got.Version != want || ok != (want != "") {
			t.Errorf("for %d: %+v", major, got)
		}
	}
	if _, err := All(t.Context(), programs(t, "17.2")+":"+t.TempDir()); err == nil {
		t.Error("a folder without programs is passed over in silence")
	}
}
