package kopia

import (
	"path"
	"strings"

	"levqor/jobs/fail"
)

// excluding turns patterns into one question. A pattern that is none is a
// mistake of the settings, told before anything is read.
func excluding(patterns []string) (func(rel string, dir bool) bool, error) {
	for _, p := range patterns {
		if _, err := path.Match(p, ""); err != nil || p == "" {
			return nil, fail.Work(err, fail.ClassConfig, "vault.fail.pattern", "pattern", p)
		}
	}
	return func(rel string, dir bool) bool {
		for _, p := range patterns {
			bare, onlyDirs := strings.CutSuffix(p, "/")
			if onlyDirs && !dir {
				continue
			}
			if excludes(bare, rel) {
				return true
			}
		}
		return false
	}, nil
}

func excludes(pattern, rel string) bool {
	if !strings.Contains(pattern, "/") && pattern != "**" {
		ok, _ := path.Match(pattern, path.Base(rel))
		return ok
	}
	return crosses(strings.Split(strings.TrimPrefix(pattern, "/"), "/"), strings.Split(rel, "/"))
}

func crosses(pattern, parts []string) bool {
	if len(pattern) == 0 {
		return len(parts) == 0
	}
	if pattern[0] == "**" {
		for i := 0; i <= len(parts); i++ {
			if crosses(pattern[1:], parts[i:]) {
				return true
			}
		}
		return false
	}
	if len(parts) == 0 {
		return false
	}
	ok, _ := path.Match(pattern[0], parts[0])
	return ok && crosses(pattern[1:], parts[1:])
}

// Excludes is the question that FolderOptions.Exclude asks of each name.
func (o FolderOptions) Excludes() (func(rel string, dir bool) bool, error) {
	return excluding(o.Exclude)
}
