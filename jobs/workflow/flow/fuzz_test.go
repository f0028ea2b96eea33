package flow_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"levqor/jobs/fail"
	"levqor/jobs/workflow/flow"
)

// bombs are small texts that would become large, or deep.
func bombs() map[string]string {
	laughs := "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c <= 'j'; c++ {
		laughs += string(c) + ": &" + string(c) + " [" + strings.Repeat("*"+string(c-1)+",", 9) + "*" + string(c-1) + "]\n"
	}
	return map[string]string{
		"a list that holds itself":    "steps: &s [*s]",
		"a thousand million laughs":   laughs,
		"merges of merges":            "a: &a {x: 1}\nb: &b {<<: *a}\nsteps: [{<<: *b}]",
		"10 MB of JSON":               `{"steps": ["` + strings.Repeat("x", 10<<20) + `"]}`,
		"10 MB of lists":              strings.Repeat("[],", 10<<20/3),
		"10 MB of spaces":             strings.Repeat(" ", 10<<20) + "{}",
		"10,000 deep lists":           strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000),
		"10,000 deep maps":            strings.Repeat(`{"a":`, 10_000) + "1" + strings.Repeat("}", 10_000),
		"100,000 that never close":    strings.Repeat("[", 100_000),
		"10,000 deep settings":        `{"trigger":{"kind":"manual","config":{"a":` + strings.Repeat("[", 9_000) + strings.Repeat("]", 9_000) + `}},"steps":[]}`,
		"10,000 steps within":         strings.Repeat(`{"steps":[{"id":"a","kind":"for_each","branches":[`, 2_000) + strings.Repeat(`]}]}`, 2_000),
		"indented without end":        indented(600),
		"100,000 steps":               `{"steps":[` + strings.Repeat(`{},`, 80_000) + `{}]}`,
		"two documents":               "steps: []\n---\nsteps: []",
		"a key that is a map":         "{a: 1}: 2",
		"a number that is none":       "trigger: {kind: manual, config: {a: .nan}}\nsteps: []",
		"a zero":                      `{"trigger":{"kind":"a\u0000"},"steps":[]}`,
		"bytes that are no text":      "steps: \xff\xfe",
		"a document of binary":        "steps: !!binary aGVsbG8=",
		"an unknown tag":              "steps: !x [1]",
		"an id that is a list":        "steps: [{id: [a], kind: log}]",
		"a field that nobody knows":   "steps: []\nevil: true",
		"one field in two spellings":  `{"steps":[],"STEPS":[1]}`,
		"a number beyond all numbers": "steps: [{id: a, kind: log, retry: {max: 1e999}}]",
	}
}

func indented(n int) string {
	var out strings.Builder
	for i := range n {
		out.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return out.String()
}

// TestBombsAreCutOff is S8: each is refused by its name, in little memory.
func TestBombsAreCutOff(t *testing.T) {
	for name, text := range bombs() {
		for reader, parse := range map[string]func([]byte) (flow.Definition, error){"YAML": flow.ParseYAML, "JSON": flow.Parse} {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := parse([]byte(text))
			runtime.ReadMemStats(&after)
			known, ok := errors.AsType[*fail.Error](err)
			if !ok || known.Kind != fail.Invalid && known.Kind != fail.TooLarge {
				t.Errorf("%s as %s: %v", name, reader, err)
			}
			if used := (after.TotalAlloc - before.TotalAlloc) >> 20; used > 128 {
				t.Errorf("%s as %s takes %d MB", name, reader, used)
			}
		}
	}
}

func seeds(f *testing.F) {
	f.Helper()
	files, err := filepath.Glob("../template/files/*.yaml")
	if err != nil || len(files) == 0 {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		if _, definition, ok := bytes.Cut(text, []byte("definition:\n")); ok {
			f.Add(definition)
		}
	}
	for _, text := range bombs() {
		if len(text) < 1<<10 {
			f.Add([]byte(text))
		}
	}
	f.Add([]byte(nest))
}

// FuzzYAML: any text is a definition that is whole and comes back, or is refused.
func FuzzYAML(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := flow.ParseYAML(text)
		if err != nil {
			refused(t, err)
			return
		}
		written, err := d.YAML()
		if err != nil {
			t.Fatal(err)
		}
		if len(written) > flow.MaxBytes {
			return // read, it was JSON; as YAML it is longer
		}
		back, err := flow.ParseYAML(written)
		if err != nil || asJSON(t, back) != asJSON(t, d.Clone()) {
			t.Fatalf("%v: %s\ncame back as\n%s\nfrom\n%s", err, asJSON(t, d), asJSON(t, back), written)
		}
	})
}

// FuzzJSON: the same of JSON, and of edits: what was read can be copied, compared
// and edited without a panic.
func FuzzJSON(f *testing.F) {
	f.Add([]byte(`{"trigger":{"kind":"manual"},"steps":[{"id":"a","kind":"log"}]}`), []byte(`{"op":"wrap","id":"a","step":{"kind":"for_each","branches":[{"name":"each"}]}}`))
	f.Add([]byte(`{"steps":[{"id":"b","kind":"condition","branches":[{"name":"yes","steps":[]}]}]}`), []byte(`{"op":"move","id":"b","to":{"step":"b"}}`))
	f.Add([]byte(`{"steps":null}`), []byte(`{"op":"replace","definition":{"steps":[{"id":"","kind":""},{"id":"","kind":""}]}}`))
	f.Fuzz(func(t *testing.T, text, edit []byte) {
		d, err := flow.Parse(text)
		if err != nil {
			refused(t, err)
			return
		}
		copied := d.Clone()
		if diff := flow.Compare(&d, &copied); !diff.Empty() {
			t.Fatalf("a copy differs: %+v", diff)
		}
		var op flow.Op
		if json.Unmarshal(edit, &op) != nil {
			return
		}
		if _, err := copied.Apply(op); err != nil {
			refused(t, err)
		}
	})
}

func refused(t *testing.T, err error) {
	t.Helper()
	known, ok := errors.AsType[*fail.Error](err)
	if !ok || known.Kind != fail.Invalid && known.Kind != fail.NotFound && known.Kind != fail.TooLarge {
		t.Fatalf("%T %v", err, err)
	}
}
