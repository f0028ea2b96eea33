package locales

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"go.yaml.in/yaml/v3"
)

// tree is a language's messages as nested maps: a leaf is a string, a plural
// message a map of its forms.
type tree = map[string]any

var errNotText = errors.New("is neither text nor a map")

// pluralForms are CLDR's.
var pluralForms = map[string]bool{"zero": true, "one": true, "two": true, "few": true, "many": true, "other": true}

func readLanguage(from fs.FS, code string) (tree, error) {
	names, err := fs.Glob(from, code+"/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", code, err)
	}
	all := tree{}
	for _, name := range names {
		body, err := fs.ReadFile(from, name)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		file := tree{}
		if err := yaml.Unmarshal(body, &file); err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		if err := merge(all, file, ""); err != nil {
			return nil, fmt.Errorf("read %s: %w", path.Base(name), err)
		}
	}
	return all, nil
}

// merge adds file's messages to all; a key that is there already is a fault.
func merge(all, file tree, prefix string) error {
	for key, value := range file {
		if strings.Contains(key, ".") {
			return fmt.Errorf("key %s%s: a key has no dot", prefix, key)
		}
		switch value := value.(type) {
		case string:
			if _, taken := all[key]; taken {
				return fmt.Errorf("key %s%s is defined twice", prefix, key)
			}
			all[key] = strings.TrimRight(value, "\n")
		case tree:
			inner, ok := all[key].(tree)
			if !ok {
				if _, taken := all[key]; taken {
					return fmt.Errorf("key %s%s is defined twice", prefix, key)
				}
				inner = tree{}
				all[key] = inner
			}
			if err := merge(inner, value, prefix+key+"."); err != nil {
				return err
			}
		default:
			return fmt.Errorf("key %s%s %w: quote it", prefix, key, errNotText)
		}
	}
	return nil
}

// plural reports whether a map is one message with forms.
func plural(m tree) bool {
	if _, ok := m["other"].(string); !ok {
		return false
	}
	for form, text := range m {
		if _, isText := text.(string); !isText || !pluralForms[form] {
			return false
		}
	}
	return true
}

// borrow fills what a language lacks from English, a whole message at a time.
func borrow(own, english tree) {
	for key, value := range english {
		source, isMap := value.(tree)
		mine, isMine := own[key].(tree)
		switch {
		case own[key] == nil:
			own[key] = value
		case isMap && isMine && !plural(source):
			borrow(mine, source)
		}
	}
}

// mapMessages returns a copy with every text changed.
func mapMessages(from tree, change func(string) string) tree {
	made := make(tree, len(from))
	for key, value := range from {
		switch value := value.(type) {
		case string:
			made[key] = change(value)
		case tree:
			made[key] = mapMessages(value, change)
		}
	}
	return made
}
