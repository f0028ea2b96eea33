package step_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"levqor/jobs/workflow/step"
	"levqor/locales"
	"levqor/locales/localestest"
)

func every() []*step.Spec { return append(step.All(step.Deps{}), step.AllTriggers()...) }

func TestEveryKindHasItsWords(t *testing.T) {
	t.Parallel()
	ctx := localestest.Context(t, "en")
	has := func(key string) {
		if !locales.Has(ctx, key) {
			t.Errorf("locales/en/step.yaml lacks %s", key)
		}
	}
	for _, spec := range every() {
		has(spec.NameKey())
		has(spec.AboutKey())
		for _, f := range spec.Fields {
			has(spec.LabelKey(f.Name))
			has(spec.HelpKey(f.Name))
			for _, key := range more(spec, f) {
				has(key)
			}
		}
	}
}

// more are the words of a setting's choices and columns.
func more(spec *step.Spec, f step.Field) (keys []string) {
	choices := f.Choices
	for _, column := range f.Columns {
		keys = append(keys, spec.ColumnKey(f.Name, column.Name))
		if column.Type == step.Bool {
			keys = append(keys, spec.FlagKey(f.Name, true), spec.FlagKey(f.Name, false))
		}
		choices = append(choices, column.Choices...)
	}
	for _, choice := range choices {
		if key := spec.ChoiceKey(f.Name, choice); key != "" {
			keys = append(keys, key)
		}
	}
	return keys
}

// TestNoWordsAreLeftOver finds labels of settings that are gone, and failures
// that nothing in the code says.
func TestNoWordsAreLeftOver(t *testing.T) {
	t.Parallel()
	said := map[string]bool{}
	for _, spec := range every() {
		said[spec.NameKey()], said[spec.AboutKey()] = true, true
		for _, f := range spec.Fields {
			said[spec.LabelKey(f.Name)], said[spec.HelpKey(f.Name)] = true, true
			for _, key := range more(spec, f) {
				said[key] = true
			}
		}
	}
	failure := regexp.MustCompile(`"(step\.[a-z_.]*fail\.[a-z_]+)"`)
	for _, pattern := range []string{"*.go", "../engine/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, match := range failure.FindAllStringSubmatch(string(text), -1) {
				said[match[1]] = !strings.HasSuffix(file, "_test.go") || said[match[1]]
			}
		}
	}
	for _, key := range keys(t) {
		if !said[key] && !said[strings.TrimSuffix(strings.TrimSuffix(key, ".text"), ".mend")] {
			t.Errorf("nothing says %s", key)
		}
	}
}

func TestKindsAreWhole(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, spec := range step.All(step.Deps{}) {
		if seen[spec.Kind] || spec.Group == "" || spec.Icon == "" {
			t.Errorf("%+v", spec)
		}
		seen[spec.Kind] = true
		if works := spec.Do != nil || spec.Begin != nil; works == (spec.Mode == step.Logic) || (spec.Mode == step.Inside) != (spec.Begin != nil) {
			t.Errorf("%s does not do what its mode says", spec.Kind)
		}
		if spec.Reach != nil && spec.Classify == nil {
			t.Errorf("%s can be trusted and is never asked about", spec.Kind)
		}
		if problems := spec.CheckConfig(map[string]any{"no_such_setting": 1.0}); len(problems) == 0 {
			t.Errorf("%s takes any setting", spec.Kind)
		}
	}
}

// keys are those of the area's file.
func keys(t *testing.T) (found []string) {
	t.Helper()
	text, err := os.ReadFile("../../../locales/en/step.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var tree map[string]any
	if err := yaml.Unmarshal(text, &tree); err != nil {
		t.Fatal(err)
	}
	var walk func(prefix string, value any)
	walk = func(prefix string, value any) {
		inner, ok := value.(map[string]any)
		if !ok {
			found = append(found, strings.TrimPrefix(prefix, "."))
		}
		for name, value := range inner {
			walk(prefix+"."+name, value)
		}
	}
	walk("", tree)
	return found
}
