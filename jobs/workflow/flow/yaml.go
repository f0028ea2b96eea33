package flow

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"levqor/jobs/fail"
)

// ParseYAML reads a definition from YAML or JSON: Invalid (workflow.fail.yaml)
// for anything else, aliases included, which could grow without end.
func ParseYAML(text []byte) (Definition, error) {
	if len(text) > MaxBytes {
		return Definition{}, tooLarge()
	}
	var root yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(&root); err != nil {
		return Definition{}, notYAML(err)
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return Definition{}, notYAML(errors.New("more than one document"))
	}
	if hasAlias(&root) {
		return Definition{}, notYAML(errors.New("an alias"))
	}
	var plain any
	if err := root.Decode(&plain); err != nil {
		return Definition{}, notYAML(err)
	}
	encoded, err := json.Marshal(plain)
	if err != nil {
		return Definition{}, notYAML(err)
	}
	return Parse(encoded)
}

// Parse reads JSON, and refuses fields that it does not know.
func Parse(text []byte) (Definition, error) {
	if len(text) > mostSpaced*MaxBytes {
		return Definition{}, tooLarge()
	}
	if nested(text) > mostNested {
		return Definition{}, fail.New(fail.Invalid, "workflow.fail.nested")
	}
	var d Definition
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&d); err != nil {
		return Definition{}, notFlow(err)
	}
	return d, d.Bound()
}

// mostSpaced is how many times larger JSON may be for the sake of its looks.
const mostSpaced = 4

func hasAlias(node *yaml.Node) bool {
	if node.Kind == yaml.AliasNode {
		return true
	}
	for _, child := range node.Content {
		if hasAlias(child) {
			return true
		}
	}
	return false
}

// notYAML names the line, where yaml tells it.
func notYAML(err error) error {
	if at := lineOf.FindStringSubmatch(err.Error()); at != nil {
		return fail.Wrap(err, fail.Invalid, "workflow.fail.yaml_line", "line", at[1])
	}
	return fail.Wrap(err, fail.Invalid, "workflow.fail.yaml")
}

var lineOf = regexp.MustCompile(`^yaml: line (\d+):`)

// notFlow names the field, where encoding/json tells it.
func notFlow(err error) error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && wrong.Field != "" {
		return fail.Wrap(err, fail.Invalid, "workflow.fail.wrong_type", "field", short(wrong.Field))
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return fail.Wrap(err, fail.Invalid, "workflow.fail.unknown_field", "field", short(strings.Trim(name, `"`)))
	}
	return fail.Wrap(err, fail.Invalid, "workflow.fail.unreadable")
}

// short is a name from outside, cut to what a sentence can hold.
func short(name string) string {
	const most = 60
	if len(name) > most {
		name = name[:most] + "…"
	}
	return strings.ToValidUTF8(name, "�")
}
