package workflows

import (
	"math"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"levqor/jobs/fail"
	"levqor/jobs/workflow"
	"levqor/jobs/workflow/flow"
	"levqor/jobs/workflow/step"
	views "levqor/views/workflows"
)

// configOf are a step's settings as typed. What was left empty, or is the default
// anyway, is left out.
func configOf(spec *step.Spec, c *fiber.Ctx) map[string]any {
	config := map[string]any{}
	for _, f := range spec.Fields {
		if value := valueOf(c, f); value != nil && value != f.Default {
			config[f.Name] = value
		}
	}
	if len(config) == 0 {
		return nil
	}
	return config
}

func valueOf(c *fiber.Ctx, f step.Field) any {
	name := "set." + f.Name
	text := strings.ReplaceAll(c.FormValue(name), "\r\n", "\n")
	switch f.Type {
	case step.Bool:
		return text != ""
	case step.Credential, step.Plan, step.Source, step.Workflow:
		if written := strings.TrimSpace(c.FormValue(name + ".expr")); written != "" {
			text = written
		}
	case step.Duration, step.Number:
		if n, err := strconv.ParseFloat(strings.TrimSpace(text), 64); err == nil && !math.IsInf(n, 0) && !math.IsNaN(n) {
			return n
		}
	case step.List:
		return lines(text)
	case step.Map:
		return rows(c, name)
	case step.Table:
		return tableRows(c, name, f)
	case step.LongText:
		if strings.TrimSpace(text) == "" {
			return nil
		}
		return text
	case step.Value:
		return views.ValueOf(text)
	}
	if text = strings.TrimSpace(text); text == "" {
		return nil
	}
	return text
}

func lines(text string) any {
	if trimmed := strings.TrimSpace(text); strings.HasPrefix(trimmed, "${") && strings.HasSuffix(trimmed, "}") && !strings.Contains(trimmed, "\n") {
		return trimmed
	}
	var list []any
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			list = append(list, line)
		}
	}
	if len(list) == 0 {
		return nil
	}
	return list
}

func rows(c *fiber.Ctx, name string) any {
	names, values := all(c, name+".name"), all(c, name+".value")
	made := map[string]any{}
	for i := range min(len(names), len(values)) {
		if names[i] != "" {
			made[names[i]] = views.ValueOf(values[i])
		}
	}
	if len(made) == 0 {
		return nil
	}
	return made
}

// tableRows leaves out rows whose first cell is empty, and cells that are.
func tableRows(c *fiber.Ctx, name string, f step.Field) any {
	var list []any
	columns := make([][]string, len(f.Columns))
	for i, column := range f.Columns {
		columns[i] = all(c, name+"."+column.Name)
	}
	for n, first := range columns[0] {
		if first == "" {
			continue
		}
		row := map[string]any{}
		for i, column := range f.Columns {
			if n < len(columns[i]) && columns[i][n] != "" {
				row[column.Name] = cellOf(column, columns[i][n])
			}
		}
		list = append(list, row)
	}
	if len(list) == 0 {
		return nil
	}
	return list
}

func cellOf(column step.Field, text string) any {
	switch column.Type {
	case step.Bool:
		return true
	case step.List:
		return lines(text)
	default:
		return text
	}
}

func all(c *fiber.Ctx, name string) (values []string) {
	for _, raw := range c.Request().PostArgs().PeekMulti(name) {
		values = append(values, strings.TrimSpace(string(raw)))
	}
	return values
}

// number is 0 where nothing was typed, and -1 for what is no number.
func number(text string) int {
	text = strings.TrimSpace(text)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return -1
	}
	return n
}

func settingsOf(c *fiber.Ctx) (*flow.Settings, error) {
	var form fail.Form
	read := func(name string, most int) int {
		n := number(c.FormValue(name))
		form.Check(n >= 0 && n <= most, name, "workflows.field.number")
		return n
	}
	made := &flow.Settings{MaxRuns: read("max_runs", 1000), DeadlineMinutes: read("deadline_minutes", 366*24*60), SavesMinutes: read("saves_minutes", 24*60)}
	return made, form.Err()
}

// triggerOf keeps of the form what belongs to the chosen kind.
func triggerOf(c *fiber.Ctx) (*flow.Trigger, error) {
	t := &flow.Trigger{Kind: c.FormValue("kind"), Config: map[string]any{}}
	keep := func(name string) {
		if text := strings.TrimSpace(c.FormValue(name)); text != "" {
			t.Config[name] = text
		}
	}
	switch t.Kind {
	case workflow.ByEvent:
		keep("event")
		keep("source")
	case workflow.ByForm:
		spec, _ := step.FindTrigger(workflow.ByForm)
		t.Config = configOf(spec, c)
	case workflow.ByHand:
	case workflow.BySchedule:
		keep("cron")
		keep("zone")
		if n := number(c.FormValue("every_minutes")); n != 0 {
			t.Config["every_minutes"] = float64(n)
		}
	case workflow.ByWebhook:
		if c.FormValue("signed") != "" {
			t.Config["signed"] = true
		}
		if c.FormValue("sync") != "" {
			t.Config["sync"] = true
		}
	default:
		return nil, fail.New(fail.Invalid, "workflow.fail.trigger")
	}
	return t, nil
}
