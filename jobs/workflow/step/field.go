package step

import (
	"slices"
	"strings"

	"levqor/jobs/workflow/expr"
)

// FieldType says what a setting holds and how the editor asks for it.
type FieldType string

const (
	Bool       FieldType = "bool"
	Choice     FieldType = "choice"
	Credential FieldType = "credential"
	Duration   FieldType = "duration" // seconds
	Expression FieldType = "expression"
	List       FieldType = "list" // of texts
	LongText   FieldType = "long_text"
	Map        FieldType = "map" // of texts
	Number     FieldType = "number"
	Plan       FieldType = "plan"
	Snapshot   FieldType = "snapshot"
	Source     FieldType = "source"
	Table      FieldType = "table" // of rows, each with the same columns
	Text       FieldType = "text"
	Value      FieldType = "value" // anything; keeps the type that an expression gives it
	Workflow   FieldType = "workflow"
)

// Field is one setting of a step.
type Field struct {
	Name     string
	Type     FieldType
	Required bool
	Default  any
	Choices  []string
	AsIs     bool    // the choices need no words
	Min, Max float64 // of numbers and durations; both 0: any
	Plain    bool    // no ${ … } inside: it must be known when saved
	Columns  []Field // of a table
}

// Check finds what is wrong with the settings as they were saved. What holds
// ${ … } is judged when it is rendered.
func (s *Spec) CheckConfig(config map[string]any) (problems []Problem) {
	for _, f := range s.Fields {
		if key, args := f.check(config[f.Name]); key != "" {
			problems = append(problems, Problem{Field: f.Name, Key: key, Args: args})
		}
	}
	for name := range config {
		if !slices.ContainsFunc(s.Fields, func(f Field) bool { return f.Name == name }) {
			problems = append(problems, Problem{Field: name, Key: "workflow.fail.unknown_field", Args: map[string]any{"field": name}})
		}
	}
	slices.SortFunc(problems, func(a, b Problem) int { return strings.Compare(a.Field, b.Field) })
	if len(problems) == 0 && s.Check != nil {
		return s.Check(config)
	}
	return problems
}

func (f Field) check(value any) (key string, args map[string]any) {
	if text, ok := value.(string); ok {
		if strings.Contains(text, "${") && f.Type != Expression {
			if f.Plain {
				return "workflow.fail.plain", nil
			}
			return "", nil
		}
		value = strings.TrimSpace(text)
	}
	if value == nil || value == "" {
		if f.Required {
			return "workflow.fail.required", nil
		}
		return "", nil
	}
	switch f.Type {
	case Value:
		return "", nil
	case Bool:
		if _, ok := value.(bool); !ok {
			return "workflow.fail.bool", nil
		}
	case Choice:
		if text, ok := value.(string); !ok || !slices.Contains(f.Choices, text) {
			return "workflow.fail.choice", map[string]any{"choices": strings.Join(f.Choices, ", ")}
		}
	case Duration, Number:
		return f.checkNumber(value)
	case List:
		if _, ok := value.([]any); !ok {
			return "workflow.fail.list", nil
		}
	case Map:
		if _, ok := value.(map[string]any); !ok {
			return "workflow.fail.map", nil
		}
	case Table:
		return f.checkTable(value)
	default:
		if _, ok := value.(string); !ok {
			return "workflow.fail.text", nil
		}
	}
	return "", nil
}

func (f Field) checkNumber(value any) (string, map[string]any) {
	n, ok := value.(float64)
	if !ok {
		return "workflow.fail.number", nil
	}
	if (f.Min != 0 || f.Max != 0) && (n < f.Min || n > f.Max) {
		min, _ := expr.Words(f.Min)
		max, _ := expr.Words(f.Max)
		return "workflow.fail.range", map[string]any{"min": min, "max": max}
	}
	return "", nil
}

// Texts writes out what an expression gave to settings that are texts.
func (s *Spec) Texts(config map[string]any) error {
	for _, f := range s.Fields {
		value, ok := config[f.Name]
		if _, already := value.(string); !ok || already || value == nil || f.Type != Text && f.Type != LongText {
			continue
		}
		text, err := expr.Words(value)
		if err != nil {
			return err
		}
		config[f.Name] = text
	}
	return nil
}

// CheckRendered is CheckConfig once no ${ … } is left.
func (s *Spec) CheckRendered(config map[string]any) (problems []Problem) {
	for _, f := range s.Fields {
		if f.Type == Expression {
			continue
		}
		value := config[f.Name]
		if text, ok := value.(string); ok {
			value = strings.ReplaceAll(text, "${", "") // what a value holds is no expression
		}
		if key, args := f.check(value); key != "" {
			problems = append(problems, Problem{Field: f.Name, Key: key, Args: args})
		}
	}
	return problems
}

// WithDefaults fills in what was left out.
func (s *Spec) WithDefaults(config map[string]any) map[string]any {
	full := make(map[string]any, len(s.Fields))
	for name, value := range config {
		full[name] = value
	}
	for _, f := range s.Fields {
		if value, ok := full[f.Name]; (!ok || value == nil || value == "") && f.Default != nil {
			full[f.Name] = f.Default
		}
	}
	return full
}
