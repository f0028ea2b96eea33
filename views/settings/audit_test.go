package settings

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"levqor/jobs/audit"
	"levqor/locales"
	"levqor/locales/localestest"
)

// Every line of business writes actions; each needs its words here.
func TestEveryActionOfTheLogHasWords(t *testing.T) {
	t.Parallel()
	ctx := localestest.Context(t, "en")
	action := regexp.MustCompile(`"((?:admin|approval|credential|drill|member|plan|profile|restore|run|session|snapshot|source|task|token|vault|workflow|workspace)\.[a-z_]+)"`)
	others := []string{"snapshot.expired", "source.name", "vault.json"} // an event, a field, a file
	seen := 0
	for _, root := range []string{"../../jobs", "../../app/admin"} {
		err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			body, err := os.ReadFile(path)
			for _, found := range action.FindAllStringSubmatch(string(body), -1) {
				key := "audit.action." + strings.ReplaceAll(found[1], ".", "_")
				if seen++; !slices.Contains(others, found[1]) && !locales.Has(ctx, key) {
					t.Errorf("%s writes %s, and there is no %s", path, found[1], key)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if seen < 30 {
		t.Errorf("only %d actions found", seen)
	}
}

func TestDetail(t *testing.T) {
	t.Parallel()
	ctx := localestest.Context(t, "en")
	for want, e := range map[string]audit.Entry{
		"":                  {Action: "source.deleted", Detail: map[string]any{}},
		"Viewer":            {Action: "member.invited", Detail: map[string]any{"role": "viewer"}},
		"Viewer → Admin":    {Action: "member.role_changed", Detail: map[string]any{"from": "viewer", "to": "admin"}},
		"before: shop":      {Action: "source.changed", SubjectName: "shop-db", Detail: map[string]any{"was": "shop"}},
		"131 of 131 checks": {Action: "drill.passed", Detail: map[string]any{"proof": "prf_1", "good": 131.0, "total": 131.0}},
		"to: db:5432":       {Action: "restore.started", Detail: map[string]any{"place": "db:5432"}},
		"tax audit":         {Action: "snapshot.held", Detail: map[string]any{"reason": "tax audit"}},
		"Manage":            {Action: "token.created", Detail: map[string]any{"scopes": []any{"read", "manage"}}},
	} {
		if got := detail(ctx, e); got != want {
			t.Errorf("%s: %q, want %q", e.Action, got, want)
		}
	}
}
