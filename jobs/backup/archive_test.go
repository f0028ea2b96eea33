package backup

import (
	"slices"
	"strings"
	"testing"
)

func TestNamesInAZip(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"a/b.txt":                      "a/b.txt",
		"../../etc/passwd":             "etc/passwd",
		"/etc/passwd":                  "etc/passwd",
		`..\..\boot.ini`:               "..%5C..%5Cboot.ini",
		"C:/x":                         "C%3A/x",
		"日本/ü.txt":                     "日本/ü.txt",
		"caf" + string(rune(0x10FFE9)): "caf%E9", // the vault's word for a byte that is no UTF-8
		"line\nbreak":                  "line%0Abreak",
		"100%":                         "100%",
		"100%3A":                       "100%253A", // else it would be the name of 100:
		".":                            "",
	} {
		if got := safeName(name); got != want {
			t.Errorf("%q became %q, want %q", name, got, want)
		}
	}
}

func TestAPathThatAnotherHoldsComesOnce(t *testing.T) {
	t.Parallel()
	for paths, want := range map[string]string{
		"":                     "",
		"b a":                  "a b",
		"a/b a a/c":            "a",
		"a a-b a/b":            "a a-b",
		"a a":                  "a",
		"../x / y":             "",
		"ab a/c a/b abc/d":     "a/b a/c ab abc/d",
		"a//b ./a/b/ a/../a/b": "a/b",
	} {
		if got := outermost(strings.Fields(paths)); !slices.Equal(got, strings.Split(want, " ")) {
			t.Errorf("%q: %q, want %q", paths, got, want)
		}
	}
}
