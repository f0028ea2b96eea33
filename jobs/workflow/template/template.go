// Package template is the workflows that people can start from, as data: one file
// each, with what it needs to know. Its words are template.<id>.name and .about.
package template

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"net/mail"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/google/uuid"
	"go.yaml.in/yaml/v3"

	"levqor/jobs/fail"
	"levqor/jobs/workflow/flow"
)

//go:embed files/*.yaml
var files embed.FS

// Template is a workflow with gaps, written as [[name]].
type Template struct {
	ID         string
	Category   string // business, chores, protect, watch
	Level      string // easy, normal, advanced
	Needs      []Need
	definition map[string]any
}

// Need is a gap to fill.
type Need struct {
	Name    string `yaml:"name"`
	Type    string `yaml:"type"` // email, number, plan, source, text, url
	Default any    `yaml:"default"`
}

// All templates, by category and id.
func All() ([]Template, error) {
	entries, err := files.ReadDir("files")
	if err != nil {
		return nil, err
	}
	var all []Template
	for _, entry := range entries {
		t, err := read(entry.Name())
		if err != nil {
			return nil, fmt.Errorf("template %s: %w", entry.Name(), err)
		}
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b Template) int { return strings.Compare(a.Category+" "+a.ID, b.Category+" "+b.ID) })
	return all, nil
}

func read(name string) (Template, error) {
	text, err := files.ReadFile("files/" + name)
	if err != nil {
		return Template{}, err
	}
	var file struct {
		Category   string         `yaml:"category"`
		Level      string         `yaml:"level"`
		Needs      []Need         `yaml:"needs"`
		Definition map[string]any `yaml:"definition"`
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&file); err != nil {
		return Template{}, err
	}
	return Template{ID: strings.TrimSuffix(path.Base(name), ".yaml"), Category: file.Category, Level: file.Level, Needs: file.Needs, definition: file.Definition}, nil
}

// Outline is the definition with its gaps as they are written: to show, not to run.
func (t Template) Outline() (flow.Definition, error) {
	text, err := json.Marshal(t.definition)
	if err != nil {
		return flow.Definition{}, fmt.Errorf("outline of template %s: %w", t.ID, err)
	}
	return flow.Parse(text)
}

// Categories of templates, in the order in which they are offered.
var Categories = []string{"protect", "watch", "chores", "business"}

// Levels of templates, the easiest first: how much the person who uses one has to know.
var Levels = []string{"easy", "normal", "advanced"}

// Find a template: NotFound for an unknown one.
func Find(id string) (Template, error) {
	all, err := All()
	if err != nil {
		return Template{}, err
	}
	for _, t := range all {
		if t.ID == id {
			return t, nil
		}
	}
	return Template{}, fail.New(fail.NotFound, "fail.not_found")
}

// Fill makes a definition of the template with those answers, by need's name.
// Invalid, at the need's field, for one that is missing or of another kind.
func (t Template) Fill(answers map[string]string) (flow.Definition, error) {
	form := &fail.Form{}
	filled := map[string]any{}
	for _, need := range t.Needs {
		value, ok := need.parse(strings.TrimSpace(answers[need.Name]))
		form.Check(ok, need.Name, "template.field."+need.Type)
		filled[need.Name] = value
	}
	if err := form.Err(); err != nil {
		return flow.Definition{}, err
	}
	text, err := json.Marshal(fill(t.definition, filled))
	if err != nil {
		return flow.Definition{}, fmt.Errorf("fill template %s: %w", t.ID, err)
	}
	return flow.Parse(text)
}

func (n Need) parse(answer string) (any, bool) {
	if answer == "" && n.Default != nil {
		return n.Default, true
	}
	if strings.Contains(answer, "${") {
		return nil, false // an answer is no program
	}
	switch n.Type {
	case "email":
		address, err := mail.ParseAddress(answer)
		return answer, err == nil && address.Address == answer
	case "number":
		var number float64
		err := json.Unmarshal([]byte(answer), &number)
		return number, err == nil
	case "plan", "source":
		_, err := uuid.Parse(answer)
		return answer, err == nil
	case "url":
		u, err := url.Parse(answer)
		return answer, err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
	default:
		return answer, answer != ""
	}
}

// fill puts the answers into the gaps; a text that is one gap takes the answer's type.
func fill(value any, answers map[string]any) any {
	switch value := value.(type) {
	case string:
		for name, answer := range answers {
			gap := "[[" + name + "]]"
			if value == gap {
				return answer
			}
			value = strings.ReplaceAll(value, gap, fmt.Sprint(answer))
		}
		return value
	case []any:
		filled := make([]any, len(value))
		for i, item := range value {
			filled[i] = fill(item, answers)
		}
		return filled
	case map[string]any:
		filled := make(map[string]any, len(value))
		for name, item := range value {
			filled[name] = fill(item, answers)
		}
		return filled
	default:
		return value
	}
}
