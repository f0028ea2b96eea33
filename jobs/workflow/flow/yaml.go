package flow

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"go.yaml.in/yaml/v3"

	"levqor/jobs/fail"
)

// YAML writes a definition for people to keep and share; ParseYAML reads it back
// to the same.
func (d *Definition) YAML() ([]byte, error) {
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := errors.Join(encoder.Encode(d), encoder.Close()); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// ParseYAML reads a definition from YAML or JSON: Invalid (workflow.fail.yaml)
// for anything else, aliases included, which could grow without end.
func ParseYAML(text []byte) (Definition, error) {
	if len(text) > MaxBytes {
		return Definition{}, fail.New(fail.TooLarge, "workflow.fail.too_large", "max", MaxBytes>>10)
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
	var d Definition
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&d); err != nil {
		return Definition{}, fail.Wrap(err, fail.Invalid, "workflow.fail.unreadable")
	}
	return d, d.Bound()
}

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
