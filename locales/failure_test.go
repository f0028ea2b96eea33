package locales

import (
	"regexp"
	"strings"
	"testing"
)

var (
	keyLike = regexp.MustCompile(`\b[a-z]+\.[a-z_]+\.[a-z_]+\b`)
	doubled = regexp.MustCompile(`(?i)\b(database|table|role|file|vault) (database|table|role|file|vault)\b`)
)

// TestEveryFailureIsASentence renders each failure and each step with names like
// those that they get, with empty ones and with none.
func TestEveryFailureIsASentence(t *testing.T) {
	t.Parallel()
	c, known := english(t)
	for _, code := range []string{English, "en-XA", "ar-XB"} {
		ctx := c.With(t.Context(), code)
		for key := range known {
			base, failure := strings.CutSuffix(key, ".text")
			if !failure || !strings.Contains(key, ".fail.") {
				continue
			}
			for name, value := range map[string]any{"named": "shop_2026", "empty": "", "absent": nil, "a number": float64(3)} {
				args := map[string]any{}
				for _, piece := range formsOf(ctx, key) {
					if piece.Slot != "" && value != nil {
						args[piece.Slot] = value
					}
				}
				text, mend := Failure(ctx, base, args)
				for _, said := range []string{text, mend} {
					if strings.Contains(said, "%{") || code == English && (keyLike.MatchString(said) && !strings.Contains(said, "pg_") && !strings.Contains(said, "kernel.") || doubled.MatchString(said)) ||
						strings.Contains(said, "  ") || strings.Contains(said, "“”") {
						t.Errorf("%s %s with %s: %q", code, base, name, said)
					}
				}
				if strings.TrimSpace(text) == "" {
					t.Errorf("%s says nothing", base)
				}
			}
		}
	}
}

func TestWordsThatDoNotExistAreNeverShown(t *testing.T) {
	t.Parallel()
	c, _ := english(t)
	ctx := c.With(t.Context(), English)
	if text, mend := Failure(ctx, "postgres.fail.of_a_later_version", map[string]any{"name": "x"}); keyLike.MatchString(text+mend) || text == "" || mend == "" {
		t.Errorf("%q %q", text, mend)
	}
	for n, want := range map[any]string{1: "The role can read 1 table", int64(40): "The role can read all 40 tables", float64(7): "The role can read all 7 tables"} {
		if got := T(ctx, "postgres.step.privilege", "tables", n); got != want {
			t.Errorf("%v: %q", n, got)
		}
	}
}
