package step

import (
	"errors"
	"slices"
	"time"

	"levqor/jobs/backup"
	"levqor/jobs/fail"
)

// Events that start workflows.
var Events = []string{
	"backup.failed", "backup.overdue", "backup.succeeded", "drill.failed", "drill.passed", "hold.placed", "hold.released", "snapshot.expired",
}

// AllTriggers is every kind of trigger. Their outputs are what steps read as trigger.
func AllTriggers() []*Spec {
	return []*Spec{
		{
			Kind: "event", Group: Triggers, Icon: "radio",
			Fields: []Field{
				{Name: "event", Type: Choice, Choices: Events, Required: true, Plain: true},
				{Name: "source", Type: Source, Plain: true},
			},
			Output: []Output{
				{"source", "map"}, {"plan", "text"}, {"backup", "text"}, {"drill", "text"}, {"snapshot", "map"}, {"hold", "map"}, {"result", "text"}, {"failure", "map"},
			},
		},
		{
			Kind: "form", Group: Triggers, Icon: "clipboard-list",
			Fields: []Field{
				{Name: "title", Type: Text, Plain: true},
				{Name: "intro", Type: LongText, Plain: true},
				{Name: "fields", Type: Table, Required: true, Plain: true, Columns: []Field{
					{Name: "name", Type: Text, Required: true, Plain: true},
					{Name: "label", Type: Text, Required: true, Plain: true},
					{Name: "kind", Type: Choice, Choices: []string{"text", "long_text", "number", "email", "choice"}, Default: "text", Plain: true},
					{Name: "required", Type: Bool, Plain: true},
					{Name: "choices", Type: List, Plain: true},
				}},
				{Name: "thanks", Type: LongText, Plain: true},
			},
			Output: []Output{{"…", "any"}},
			Check:  checkForm,
		},
		{Kind: "manual", Group: Triggers, Icon: "play", Output: []Output{{"…", "any"}}},
		{
			Kind: "schedule", Group: Triggers, Icon: "clock",
			Fields: []Field{
				{Name: "cron", Type: Text, Plain: true},
				{Name: "every_minutes", Type: Number, Plain: true},
				{Name: "zone", Type: Text, Default: "UTC", Plain: true},
			},
			Output: []Output{{"at", "time"}, {"missed", "number"}},
			Check:  checkSchedule,
		},
		{
			Kind: "webhook", Group: Triggers, Icon: "webhook",
			Fields: []Field{
				{Name: "sync", Type: Bool, Default: false, Plain: true},
				{Name: "signed", Type: Bool, Default: false, Plain: true},
			},
			Output: []Output{{"body", "any"}, {"headers", "map"}, {"query", "map"}},
		},
	}
}

// FindTrigger is the trigger of that kind.
func FindTrigger(kind string) (*Spec, bool) {
	all := AllTriggers()
	if i := slices.IndexFunc(all, func(s *Spec) bool { return s.Kind == kind }); i >= 0 {
		return all[i], true
	}
	return nil, false
}

// checkForm refuses names that steps could not read, and lists without choices.
func checkForm(config map[string]any) []Problem {
	rows := rowsOf(config, "fields")
	if problems := checkNames("fields", rows); problems != nil {
		return problems
	}
	for i, row := range rows {
		choices, _ := row["choices"].([]any)
		if cell(row, "kind") == "choice" && len(choices) == 0 {
			return []Problem{{Field: "fields", Key: "workflow.fail.row_choices", Args: map[string]any{"row": i + 1}}}
		}
	}
	return nil
}

func checkSchedule(config map[string]any) (problems []Problem) {
	call := Call{Config: config}
	schedule := backup.Schedule{Cron: call.text("cron"), Every: time.Duration(call.number("every_minutes")) * time.Minute, Zone: call.text("zone")}
	if schedule.Zone == "" {
		schedule.Zone = "UTC"
	}
	var form fail.Form
	schedule.Validate(&form)
	if wrong, ok := errors.AsType[*fail.Error](form.Err()); ok {
		for _, field := range wrong.Fields {
			name := field.Name
			if name == "time_zone" {
				name = "zone"
			}
			problems = append(problems, Problem{Field: name, Key: field.Key, Args: field.Args})
		}
	}
	return problems
}
