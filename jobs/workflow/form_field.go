package workflow

import (
	"math"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// FormField is one question of a form.
type FormField struct {
	Name     string
	Label    string
	Kind     string // choice, email, long_text, number, text
	Required bool
	Choices  []string
}

// formFields are the questions of a trigger's settings, which were checked when it
// was published.
func formFields(config map[string]any) (fields []FormField) {
	rows, _ := config["fields"].([]any)
	for _, item := range rows {
		row, _ := item.(map[string]any)
		f := FormField{Kind: "text"}
		f.Name, _ = row["name"].(string)
		f.Label, _ = row["label"].(string)
		f.Required, _ = row["required"].(bool)
		if kind, ok := row["kind"].(string); ok && kind != "" {
			f.Kind = kind
		}
		choices, _ := row["choices"].([]any)
		for _, choice := range choices {
			if text, ok := choice.(string); ok {
				f.Choices = append(f.Choices, text)
			}
		}
		fields = append(fields, f)
	}
	return fields
}

// Longest answer, in characters.
func (f FormField) Longest() int {
	switch f.Kind {
	case "email":
		return 254
	case "long_text":
		return LongestLongAnswer
	default:
		return LongestAnswer
	}
}

// read is the answer's value; key says what is wrong with it. An empty answer is
// an empty text, or no number.
func (f FormField) read(text string) (value any, key string, args []any) {
	switch {
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		return nil, "workflow.field.answer", nil
	case text == "" && f.Required:
		return nil, "workflow.field.answer_missing", nil
	case utf8.RuneCountInString(text) > f.Longest():
		return nil, "workflow.field.answer_long", []any{"max", f.Longest()}
	case text == "" && f.Kind == "number":
		return nil, "", nil
	case text == "":
		return "", "", nil
	}
	switch f.Kind {
	case "choice":
		if !slices.Contains(f.Choices, text) {
			return nil, "workflow.field.answer_choice", nil
		}
	case "email":
		if address, err := mail.ParseAddress(text); err != nil || address.Address != text {
			return nil, "workflow.field.answer_email", nil
		}
	case "number":
		n, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
			return nil, "workflow.field.answer_number", nil
		}
		return n, "", nil
	}
	return text, "", nil
}
