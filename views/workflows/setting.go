package workflows

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"levqor/jobs/workflow"
	"levqor/jobs/workflow/step"
	"levqor/locales"
	"levqor/views/parts"
)

// of are the options of a setting that names a thing.
func (c Choices) of(kind step.FieldType) []parts.Option {
	switch kind {
	case step.Credential:
		return c.Credentials
	case step.Plan:
		return c.Plans
	case step.Source:
		return c.Sources
	case step.Workflow:
		return c.Workflows
	default:
		return nil
	}
}

// options begin with none, and keep a value that is not among them: an expression,
// or a thing that is gone.
func (c Choices) options(kind step.FieldType, none, value string) []parts.Option {
	all := append([]parts.Option{{Label: none}}, c.of(kind)...)
	if value != "" && !slices.ContainsFunc(all, func(o parts.Option) bool { return o.Value == value }) {
		all = append(all, parts.Option{Value: value, Label: value})
	}
	return all
}

// plainText is a setting as one text: what a field of the form holds.
func plainText(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case []any:
		lines := make([]string, 0, len(v))
		for _, item := range v {
			lines = append(lines, plainText(item))
		}
		return strings.Join(lines, "\n")
	case map[string]any:
		return yamlOf(v)
	default:
		text, err := json.Marshal(v)
		if err != nil {
			return ""
		}
		return string(text)
	}
}

// valueText is a setting that may be anything: a text as it is, all else as YAML. A
// text that would read back as something else is put in quotes.
func valueText(value any) string {
	text, isText := value.(string)
	switch {
	case value == nil:
		return ""
	case !isText:
		return yamlOf(value)
	case !sameText(text):
		return yamlOf(value)
	default:
		return text
	}
}

func sameText(text string) bool {
	read, isText := ValueOf(text).(string)
	return isText && read == text
}

// ValueOf reads what valueText wrote: a number, a list, a map and the like where
// the text is one, else the text itself.
func ValueOf(text string) any {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	var read any
	if err := yaml.Unmarshal([]byte(text), &read); err != nil {
		return text
	}
	encoded, err := json.Marshal(read)
	if err != nil {
		return text
	}
	var value any
	if json.Unmarshal(encoded, &value) != nil || value == nil {
		return text
	}
	if _, isText := value.(string); isText && !strings.ContainsAny(text[:1], `"'|>`) {
		return text
	}
	return value
}

func yamlOf(value any) string {
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if encoder.Encode(value) != nil || encoder.Close() != nil {
		return ""
	}
	return strings.TrimRight(out.String(), "\n")
}

// Pair is a line of a setting that is a map.
type Pair struct{ Name, Value string }

// pairs are by name, with an empty one to fill in.
func pairs(value any) (list []Pair) {
	values, _ := value.(map[string]any)
	for name, v := range values {
		list = append(list, Pair{name, valueText(v)})
	}
	slices.SortFunc(list, func(a, b Pair) int { return strings.Compare(a.Name, b.Name) })
	return append(list, Pair{})
}

// flag reads a yes-or-no setting, with its default.
func flag(config map[string]any, f step.Field) bool {
	value, ok := config[f.Name]
	if !ok {
		value = f.Default
	}
	on, _ := value.(bool)
	return on
}

// shown is a setting as its field holds it, its default where it was left out.
func shown(config map[string]any, f step.Field) string {
	value, ok := config[f.Name]
	if !ok || value == nil || value == "" {
		value = f.Default
	}
	return plainText(value)
}

// tableOf are the rows of a setting that is a table, with an empty one to fill in.
func tableOf(value any) (rows []map[string]any) {
	list, _ := value.([]any)
	for _, item := range list {
		if row, ok := item.(map[string]any); ok {
			rows = append(rows, row)
		}
	}
	return append(rows, nil)
}

func chosenIn(row map[string]any, column step.Field) string {
	if text := plainText(row[column.Name]); text != "" {
		return text
	}
	return plainText(column.Default)
}

// formSettings are those of a form that starts runs.
func formSettings() []step.Field {
	spec, _ := step.FindTrigger(workflow.ByForm)
	return spec.Fields
}

func formLabel(ctx context.Context, f step.Field) string {
	return locales.T(ctx, "step.trigger.form.field."+f.Name+".label")
}

func formHelp(ctx context.Context, f step.Field) string {
	return locales.T(ctx, "step.trigger.form.field."+f.Name+".help")
}

// alone reports whether a column stands on a line of its own, two of which make one.
func alone(f step.Field, i int) bool { return i == len(f.Columns)-1 && i%2 == 0 }
