package step_test

import (
	"testing"

	"levqor/jobs/workflow/step"
)

func TestTriggerSettings(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind   string
		config map[string]any
		wrong  string // the field; "": none
	}{
		"by hand":                     {"manual", nil, ""},
		"an event":                    {"event", map[string]any{"event": "drill.failed"}, ""},
		"no event":                    {"event", map[string]any{}, "event"},
		"an event that never happens": {"event", map[string]any{"event": "moon.full"}, "event"},
		"each Monday":                 {"schedule", map[string]any{"cron": "0 6 * * MON", "zone": "Europe/London"}, ""},
		"each hour":                   {"schedule", map[string]any{"every_minutes": 60.0}, ""},
		"neither times nor minutes":   {"schedule", map[string]any{}, "cron"},
		"both":                        {"schedule", map[string]any{"cron": "0 6 * * *", "every_minutes": 60.0}, "cron"},
		"times of no sense":           {"schedule", map[string]any{"cron": "six o'clock"}, "cron"},
		"too often":                   {"schedule", map[string]any{"every_minutes": 1.0}, "every_minutes"},
		"a zone that isn't there":     {"schedule", map[string]any{"every_minutes": 60.0, "zone": "Mars/Base"}, "zone"},
		"an expression as times":      {"schedule", map[string]any{"cron": "${now}"}, "cron"},
		"a form":                      {"form", map[string]any{"title": "Write to us", "fields": []any{map[string]any{"name": "mail", "label": "Mail", "kind": "email", "required": true}}}, ""},
		"a form without questions":    {"form", map[string]any{"title": "Write to us"}, "fields"},
		"a question without a label":  {"form", map[string]any{"fields": []any{map[string]any{"name": "mail"}}}, "fields"},
		"a name that no step reads":   {"form", map[string]any{"fields": []any{map[string]any{"name": "Your mail", "label": "Mail"}}}, "fields"},
		"two of a name":               {"form", map[string]any{"fields": []any{map[string]any{"name": "a", "label": "A"}, map[string]any{"name": "a", "label": "B"}}}, "fields"},
		"a list without choices":      {"form", map[string]any{"fields": []any{map[string]any{"name": "a", "label": "A", "kind": "choice"}}}, "fields"},
		"an expression as question":   {"form", map[string]any{"fields": []any{map[string]any{"name": "a", "label": "${secrets}"}}}, "fields"},
		"a webhook":                   {"webhook", map[string]any{"sync": true, "signed": true}, ""},
	} {
		spec, ok := step.FindTrigger(c.kind)
		if !ok {
			t.Fatalf("no trigger %s", c.kind)
		}
		problems := spec.CheckConfig(c.config)
		if c.wrong == "" && len(problems) > 0 || c.wrong != "" && (len(problems) != 1 || problems[0].Field != c.wrong) {
			t.Errorf("%s: %+v", name, problems)
		}
	}
	if _, ok := step.FindTrigger("moon"); ok {
		t.Error("a trigger that isn't there")
	}
}
