package flow

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

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
		return Definition{}, fail.Wrap(err, fail.Invalid, "workflow.fail.unreadable")
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

func notYAML(err error) error { return fail.Wrap(err, fail.Invalid, "workflow.fail.yaml") }
