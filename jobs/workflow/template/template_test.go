package template_test

import (
	"slices"
	"testing"

	"github.com/google/uuid"

	"levqor/jobs/fail"
	"levqor/jobs/workflow/engine"
	"levqor/jobs/workflow/expr"
	"levqor/jobs/workflow/step"
	"levqor/jobs/workflow/template"
)

// answers fits any template.
func answers(t template.Template) map[string]string {
	given := map[string]string{}
	for _, need := range t.Needs {
		given[need.Name] = map[string]string{"email": "ada@example.com", "number": "7", "plan": uuid.NewString(), "source": uuid.NewString(), "text": "words", "url": "https://example.com/x"}[need.Type]
	}
	return given
}

func TestEveryTemplateCanBePublished(t *testing.T) {
	t.Parallel()
	all, err := template.All()
	if err != nil || len(all) < 30 {
		t.Fatalf("%d, %v", len(all), err)
	}
	language, err := expr.New()
	if err != nil {
		t.Fatal(err)
	}
	compiler := engine.Compiler{Language: language, Registry: step.NewRegistry(step.All(step.Deps{})...)}
	for _, one := range all {
		if !slices.Contains(template.Categories, one.Category) || !slices.Contains(template.Levels, one.Level) {
			t.Errorf("%s is not to be found as %s, %s", one.ID, one.Category, one.Level)
		}
		d, err := one.Fill(answers(one))
		if err != nil {
			t.Errorf("%s: %v", one.ID, err)
			continue
		}
		if _, problems := compiler.Compile(d); problems != nil {
			t.Errorf("%s: %+v", one.ID, problems)
		}
		trigger, ok := step.FindTrigger(d.Trigger.Kind)
		if !ok {
			t.Errorf("%s starts by %q", one.ID, d.Trigger.Kind)
			continue
		}
		if problems := trigger.CheckConfig(d.Trigger.Config); problems != nil {
			t.Errorf("%s: %+v", one.ID, problems)
		}
		if _, err := one.Outline(); err != nil {
			t.Errorf("%s: %v", one.ID, err)
		}
	}
}

func TestAnswersAreChecked(t *testing.T) {
	t.Parallel()
	one, err := template.Find("stock_alert")
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]string{"url": "javascript:alert(1)", "to": "nobody", "least": "many"} {
		given := answers(one)
		given[name] = bad
		if _, err := one.Fill(given); !fail.Is(err, fail.Invalid) {
			t.Errorf("%s=%s: %v", name, bad, err)
		}
	}
	given := answers(one)
	given["url"] = "https://example.com/${run.id}"
	if _, err := one.Fill(given); !fail.Is(err, fail.Invalid) {
		t.Errorf("an answer became a program: %v", err)
	}
	if _, err := template.Find("nothing"); !fail.Is(err, fail.NotFound) {
		t.Error(err)
	}
}
