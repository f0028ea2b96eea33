package locales

import (
	"context"
	"testing"

	"golang.org/x/text/language"
)

func speaking(t *testing.T, code string, messages tree) context.Context {
	t.Helper()
	c := &Catalogue{tongues: map[string]*tongue{}, missing: map[string]bool{}}
	for _, each := range []string{English, code} {
		if err := c.add(each, "", messages); err != nil {
			t.Fatal(err)
		}
	}
	return c.With(t.Context(), code)
}

func TestAMessageKeepsItsArgumentsApart(t *testing.T) {
	t.Parallel()
	ctx := speaking(t, English, tree{"a": tree{"b": "%{x} then %{y}, 100 %, %{", "c": "%{x}"}})
	for _, test := range []struct {
		key   string
		pairs []any
		want  string
	}{
		{"a.b", []any{"x", "%{y}", "y", 2}, "%{y} then 2, 100 %, %{"},
		{"a.b", []any{"x", 1}, "1 then %{y}, 100 %, %{"},
		{"a.c", []any{"x"}, "%{x}"},
		{"a.none", nil, "a.none"},
		{"a", nil, "a"},
	} {
		if got := T(ctx, test.key, test.pairs...); got != test.want {
			t.Errorf("T(%s, %v) = %q, want %q", test.key, test.pairs, got, test.want)
		}
	}
	if got := voiceOf(ctx).catalogue.Missing(); len(got) != 2 {
		t.Errorf("missing keys: %v", got)
	}
}

func TestPluralsFollowTheLanguage(t *testing.T) {
	t.Parallel()
	files := tree{"files": tree{"one": "%{count} plik", "few": "%{count} pliki", "many": "%{count} plików", "other": "%{count} pliku"}}
	ctx := speaking(t, "pl", files)
	for n, want := range map[int]string{1: "1 plik", 2: "2 pliki", 5: "5 plików", 12: "12 plików", 22: "22 pliki"} {
		if got := N(ctx, "files", n); got != want {
			t.Errorf("N(%d) = %q, want %q", n, got, want)
		}
	}
	none := speaking(t, English, tree{"files": tree{"zero": "no file", "one": "%{count} file", "other": "%{count} files"}})
	for n, want := range map[int]string{0: "no file", 1: "1 file", 1200: "1,200 files"} {
		if got := N(none, "files", n); got != want {
			t.Errorf("N(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestALanguageBorrowsWholeMessages(t *testing.T) {
	t.Parallel()
	own := tree{"a": tree{"x": "eigen", "n": tree{"other": "viele"}}}
	borrow(own, tree{"a": tree{"x": "own", "y": "English", "n": tree{"one": "one", "other": "many"}}, "b": tree{"z": "more"}})
	ctx := speaking(t, "de", own)
	for key, want := range map[string]string{"a.x": "eigen", "a.y": "English", "b.z": "more"} {
		if got := T(ctx, key); got != want {
			t.Errorf("T(%s) = %q, want %q", key, got, want)
		}
	}
	if got := N(ctx, "a.n", 1); got != "viele" {
		t.Errorf("a plural message was mixed of two languages: %q", got)
	}
}

func TestMatchPrefersWhatWasChosen(t *testing.T) {
	t.Parallel()
	c, err := Load(Pseudo)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ url, setting, cookie, accept, want string }{
		{"", "", "", "", "en"},
		{"", "", "", "en-AU,en;q=0.5", "en"},
		{"", "", "", "ar, zz;q=0.1", "en"}, // never a pseudo-language by accident
		{"", "", "", "not a;;language", "en"},
		{"ar-XB", "en", "en-XA", "en", "ar-XB"},
		{"xx", "", "en-XA", "en", "en-XA"},
		{"", "en-XA", "ar-XB", "en", "en-XA"},
	} {
		if got := c.Match(test.url, test.setting, test.cookie, test.accept); got.Code != test.want {
			t.Errorf("%+v: %s", test, got.Code)
		}
	}
	if dir := c.Match("ar-XB", "", "", "").Dir; dir != "rtl" {
		t.Errorf("ar-XB runs %s", dir)
	}
}

func TestPseudoKeepsPlaceholders(t *testing.T) {
	t.Parallel()
	if got := accented("Keep %{count} days"); got != "[Ķééþ %{count} đáýš~~~~~~]" {
		t.Errorf("accented: %q", got)
	}
	if got := mirrored("Keep %{count} days"); got != override+"Keep"+pop+" %{count} "+override+"days"+pop {
		t.Errorf("mirrored: %q", got)
	}
	if direction(language.Hebrew) != "rtl" || direction(language.Polish) != "ltr" {
		t.Error("directions are wrong")
	}
}

func TestLoadRefusesBrokenFiles(t *testing.T) {
	t.Parallel()
	for name, file := range map[string]tree{
		"a key with a dot":     {"a.b": "x"},
		"a number":             {"a": 3},
		"a key twice":          {"taken": "x"},
		"a group over a text":  {"taken": tree{"x": "y"}},
		"a text over a group":  {"group": "x"},
		"a list":               {"a": []any{"x"}},
		"an empty value (nil)": {"a": nil},
	} {
		if err := merge(tree{"taken": "x", "group": tree{"y": "z"}}, file, ""); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}
