package flow

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// YAML writes a definition for people to keep and share; ParseYAML reads it back
// to the same.
func (d *Definition) YAML() ([]byte, error) {
	text, err := json.Marshal(d)
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	root, err := nodeOf(decoder)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := errors.Join(encoder.Encode(root), encoder.Close()); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// nodeOf reads the next JSON value, its fields in their order.
func nodeOf(decoder *json.Decoder) (*yaml.Node, error) {
	token, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	switch token := token.(type) {
	case json.Delim:
		node := &yaml.Node{Kind: yaml.SequenceNode}
		if token == '{' {
			node.Kind = yaml.MappingNode
		}
		for decoder.More() {
			child, err := nodeOf(decoder)
			if err != nil {
				return nil, err
			}
			node.Content = append(node.Content, child)
		}
		if len(node.Content) == 0 {
			node.Style = yaml.FlowStyle
		}
		_, err := decoder.Token()
		return node, err
	case string:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: token, Style: styleOf(token)}, nil
	case json.Number:
		if token == "-0" {
			token = "-0.0"
		}
		return &yaml.Node{Kind: yaml.ScalarNode, Value: token.String()}, nil
	case bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: map[bool]string{false: "false", true: "true"}[token]}, nil
	default:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: "null"}, nil
	}
}

// styleOf writes several lines as such, where they come back the same, and quotes
// what YAML would read as something else: << merges.
func styleOf(text string) yaml.Style {
	odd := func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }
	switch {
	case text == "<<", strings.ContainsFunc(text, odd):
		return yaml.DoubleQuotedStyle
	case !strings.Contains(text, "\n"):
		return 0
	case strings.TrimLeft(text, " \n") != text:
		return yaml.DoubleQuotedStyle
	}
	return yaml.LiteralStyle
}
