package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

var (
	// A quoted name in Go or templ code; attributes (name="x") are not meant.
	quoted = regexp.MustCompile(`[^=\w]"([a-z][a-z0-9-]*)"`)
	// Where a name must be an icon: Icon("x"), IconDir("x"), IconLarge("x"), Icon: "x".
	named = regexp.MustCompile(`(?:\bIcon(?:Dir|Large)?\(|\bIcon:\s*)"([^"]*)"`)
)

// sprite writes every Lucide icon whose name stands quoted in views or app, or that
// a kind of step has.
func sprite(out string) error {
	known, err := lucide()
	if err != nil {
		return err
	}
	used, err := usedIcons(known)
	if err != nil {
		return err
	}
	var svg strings.Builder
	svg.WriteString(`<svg xmlns="http://www.w3.org/2000/svg">`)
	for _, name := range used {
		fmt.Fprintf(&svg, `<symbol id="%s" viewBox="0 0 24 24">%s</symbol>`, name, known[name])
	}
	svg.WriteString("</svg>")
	return os.WriteFile(out, []byte(svg.String()), 0o600)
}

// lucide reads the icons' drawings by name.
func lucide() (map[string]string, error) {
	body, err := os.ReadFile(filepath.Join(modules, "@iconify-json", "lucide", "icons.json"))
	if err != nil {
		return nil, errors.New("the icons are missing: run `npm ci --ignore-scripts`")
	}
	var set struct {
		Icons map[string]struct{ Body string }
	}
	if err := json.Unmarshal(body, &set); err != nil {
		return nil, fmt.Errorf("read icons: %w", err)
	}
	known := make(map[string]string, len(set.Icons))
	for name, icon := range set.Icons {
		known[name] = icon.Body
	}
	return known, nil
}

func usedIcons(known map[string]string) ([]string, error) {
	paths, err := sources()
	if err != nil {
		return nil, err
	}
	used := map[string]bool{}
	for _, path := range paths {
		code := strings.HasSuffix(path, ".go") || strings.HasSuffix(path, ".templ")
		if !code || strings.HasPrefix(path, "static/") {
			continue
		}
		body, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		for _, match := range named.FindAllStringSubmatch(string(body), -1) {
			if match[1] == "" {
				continue
			}
			if known[match[1]] == "" {
				return nil, fmt.Errorf("%s: there is no icon %q (lucide.dev/icons)", path, match[1])
			}
			used[match[1]] = true
		}
		if strings.HasPrefix(path, "jobs/") {
			continue // kinds of steps: there only what is said to be an icon is one
		}
		for _, match := range quoted.FindAllStringSubmatch(string(body), -1) {
			if known[match[1]] != "" {
				used[match[1]] = true
			}
		}
	}
	names := make([]string, 0, len(used))
	for name := range used {
		names = append(names, name)
	}
	slices.Sort(names)
	return names, nil
}
