package engine

import (
	"bytes"
	"encoding/json"
	"strings"
)

// text is a value as JSON; nil stays null.
func text(value any) *string {
	if value == nil {
		return nil
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		return nil
	}
	if mayHoldNUL(encoded) {
		if encoded, err = json.Marshal(plain(value)); err != nil {
			return nil
		}
	}
	s := string(encoded)
	return &s
}

// plain brings a value to what it will be once read from the database. The
// character NUL, which Postgres can't keep, is left out.
func plain(value any) any {
	encoded, err := json.Marshal(value)
	if err != nil {
		return nil
	}
	var back any
	if json.Unmarshal(encoded, &back) != nil {
		return nil
	}
	if mayHoldNUL(encoded) {
		return withoutNUL(back)
	}
	return back
}

func mayHoldNUL(encoded []byte) bool { return bytes.Contains(encoded, []byte(`\u0000`)) }

func withoutNUL(value any) any {
	switch v := value.(type) {
	case string:
		return strings.ReplaceAll(v, "\x00", "")
	case []any:
		for i := range v {
			v[i] = withoutNUL(v[i])
		}
	case map[string]any:
		clean := make(map[string]any, len(v))
		for name, inner := range v {
			clean[strings.ReplaceAll(name, "\x00", "")] = withoutNUL(inner)
		}
		return clean
	}
	return value
}
