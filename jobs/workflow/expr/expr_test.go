package expr_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"levqor/jobs/fail"
	"levqor/jobs/workflow/expr"
)

func language(t testing.TB) *expr.Language {
	t.Helper()
	l, err := expr.New()
	if err != nil {
		t.Fatal(err)
	}
	return l
}

var names = map[string]any{
	"trigger": map[string]any{
		"count": float64(3), "price": 2.5, "name": "Ada", "at": "2026-11-25T22:30:00Z", "tags": []any{"a", "b"},
		"source": map[string]any{"name": "orders"}, "none": nil, "long": strings.Repeat("x", 5000),
	},
	"steps": map[string]any{"mail": map[string]any{"sent": true}},
	"item":  "one", "index": float64(2),
}

func key(err error) string {
	known, ok := errors.AsType[*fail.Error](err)
	if !ok {
		return ""
	}
	return known.Key
}

func TestRefusedWhenSaved(t *testing.T) {
	t.Parallel()
	l := language(t)
	for source, want := range map[string]string{
		"":                             "expr.fail.empty",
		"1 +":                          "expr.fail.syntax",
		"trigger.":                     "expr.fail.syntax",
		"secret.name":                  "expr.fail.unknown_name",
		"shout(trigger.name)":          "expr.fail.unknown_function",
		`trigger.name.upper() && true`: "expr.fail.mixed",
		`"a" < 1`:                      "expr.fail.mixed",
		strings.Repeat("1+", 5000):     "expr.fail.too_long",
		strings.Repeat("(", 200):       "expr.fail.too_deep",
		"trigger.name.explode()":       "expr.fail.unknown_function",
		"[1,2,3].map(x, y, z, w, v)":   "expr.fail.unknown_function",
	} {
		if _, err := l.Compile(source); key(err) != want {
			t.Errorf("%.40q: %q, want %q (%v)", source, key(err), want, err)
		}
	}
}

func TestEval(t *testing.T) {
	t.Parallel()
	l := language(t)
	for source, want := range map[string]any{
		"trigger.count + 1":                                      float64(4),
		"1 + trigger.count":                                      float64(4),
		"trigger.count * trigger.price":                          7.5,
		"trigger.count % 2":                                      float64(1),
		"7 / 2":                                                  3.5,
		"size(trigger.tags) + 1":                                 float64(3),
		"trigger.count > 2 && trigger.price < 3":                 true,
		"trigger.count == 3":                                     true,
		`trigger.name + "!"`:                                     "Ada!",
		`trigger.?missing.orValue("none")`:                       "none",
		`has(trigger.missing)`:                                   false,
		"trigger.none":                                           nil,
		"trigger.tags[1]":                                        "b",
		"trigger.tags.map(t, t + t)":                             []any{"aa", "bb"},
		"trigger.tags + [trigger.count]":                         []any{"a", "b", float64(3)},
		`{"n": trigger.count, "deep": {"x": [1]}}`:               map[string]any{"n": float64(3), "deep": map[string]any{"x": []any{float64(1)}}},
		`trigger.tags.join(", ")`:                                "a, b",
		`"a-b".split("-")`:                                       []any{"a", "b"},
		`"Hello".lower() + " x ".trim()`:                         "hellox",
		`"a.b.c".replace(".", "/")`:                              "a/b/c",
		`json({"a": 1})`:                                         `{"a":1}`,
		`parse_json("{\"a\": 2}").a + 1`:                         float64(3),
		`text(trigger.count) + text(2.5)`:                        "32.5",
		`trigger.at.format("02.01.2006 15:04", "Europe/Berlin")`: "25.11.2026 23:30",
		`url_encode("a b&c")`:                                    "a%20b%26c",
		`timestamp(trigger.at) - duration("90m")`:                "2026-11-25T21:00:00Z",
		"steps.mail.sent ? item : index":                         "one",
		"round(2.5)":                                             float64(3),
	} {
		e, err := l.Compile(source)
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		if got, err := e.Eval(t.Context(), names); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s = %#v, %v; want %#v", source, got, err, want)
		}
	}
}

func TestRefusedWhenRun(t *testing.T) {
	t.Parallel()
	l := language(t)
	for source, want := range map[string]string{
		"trigger.missing":      "expr.fail.missing",
		"steps.mail.unsent":    "expr.fail.missing",
		"trigger.name + 1":     "expr.fail.types",
		"trigger.count / 0":    "expr.fail.zero",
		"trigger.tags[7]":      "expr.fail.index",
		`trigger.name && true`: "expr.fail.types",
		// each of these would take memory or time without end
		`[1,2,3,4,5,6,7,8,9].map(a, [1,2,3,4,5,6,7,8,9].map(b, [1,2,3,4,5,6,7,8,9].map(c, [1,2,3,4,5,6,7,8,9].map(d, [1,2,3,4,5,6,7,8,9].map(e, a*b*c*d*e)))))`: "expr.fail.too_costly",
		`trigger.long.replace("x", trigger.long)`:                                                     "expr.fail.too_large",
		`[1,2,3,4,5,6,7,8,9,10,11,12].map(x, trigger.long.replace("x", "xxxxxxxxxxxxxxxxxxxxxxxxx"))`: "expr.fail.too_costly",
	} {
		e, err := l.Compile(source)
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		if got, err := e.Eval(t.Context(), names); key(err) != want {
			t.Errorf("%s = %.60v, %q (%v), want %q", source, got, key(err), err, want)
		}
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	l := language(t)
	for source, want := range map[string]any{
		"plain":                               "plain",
		"":                                    "",
		"costs $5 {really}":                   "costs $5 {really}",
		"${trigger.count}":                    float64(3),
		"${trigger.tags}":                     []any{"a", "b"},
		"n=${trigger.count}, ${trigger.tags}": `n=3, ["a","b"]`,
		"$${not} ${trigger.name}":             "${not} Ada",
		`${"}" + trigger.name}`:               "}Ada",
		`${ {"a": {"b": 1}}.a.b }`:            float64(1),
		"empty: ${trigger.none}.":             "empty: .",
	} {
		v, err := l.Text(source)
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		if got, err := v.Eval(t.Context(), names); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s = %#v, %v; want %#v", source, got, err, want)
		}
	}
	for source, want := range map[string]string{"a ${trigger.count": "expr.fail.unclosed", "a ${1 +} b": "expr.fail.syntax"} {
		if _, err := l.Text(source); key(err) != want {
			t.Errorf("%s: %v, want %s", source, err, want)
		}
	}
}

func TestWhichStepsAreRead(t *testing.T) {
	t.Parallel()
	v, err := language(t).Value(map[string]any{"a": "x ${steps.one.ok}", "b": []any{"${steps['two']}", "${has(steps.three.x)}", `${steps.?four.orValue(1)}`}})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for _, id := range v.Steps() {
		got[id] = true
	}
	if want := map[string]bool{"one": true, "two": true, "three": true, "four": true}; !reflect.DeepEqual(got, want) {
		t.Errorf("%v", got)
	}
}

func FuzzText(f *testing.F) {
	for _, seed := range []string{"${trigger.a}", "$${", "${{}}", `${"}"}`, "${", "${a.b[0]?.c}", "${[1].map(x, x)}"} {
		f.Add(seed)
	}
	l := language(f)
	f.Fuzz(func(t *testing.T, source string) {
		v, err := l.Text(source)
		if err != nil {
			if key(err) == "" {
				t.Fatalf("%q: an error without words: %v", source, err)
			}
			return
		}
		if _, err := v.Eval(t.Context(), names); err != nil && key(err) == "" {
			t.Fatalf("%q: an error without words: %v", source, err)
		}
	})
}
