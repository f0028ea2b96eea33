package locales

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// dynamic lists groups whose keys are put together from data, with the reason.
var dynamic = []string{
	"audit.action.", // the action's name, written by every line
	"fail.",         // the edge picks by status, River and Fiber bring their own
}

// unbuilt lists areas whose pages do not stand yet: their messages may wait.
var unbuilt = []string{"backup", "folder", "postgres", "source", "task"}

var (
	literal = regexp.MustCompile(`"([a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*\.?)"`)
	asking  = regexp.MustCompile(`(?:locales\.(?:T|N|Pieces|PiecesN)\([^,"]+,|parts\.SayN?\(|\bSayN?\()\s*"([^"]+)"([ ]*\+)?`)
	failure = regexp.MustCompile(`^(?:[a-z_]+\.)*fail\.[a-z0-9_]*[a-z0-9]$`)
	field   = regexp.MustCompile(`^[a-z_]+\.(?:field|log)\.[a-z0-9_]*[a-z0-9]$`)
)

type sources struct {
	literals map[string]bool
	asked    map[string]string // key → file, of T, N, Say
	prefixes []string          // "parts.status."
}

func readSources(t *testing.T) sources {
	t.Helper()
	s := sources{literals: map[string]bool{}, asked: map[string]string{}, prefixes: slices.Clone(dynamic)}
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == "node_modules" || entry.Name() == "tools" || strings.HasPrefix(entry.Name(), ".") && entry.Name() != "..") {
			return fs.SkipDir
		}
		code := strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_templ.go") && !strings.HasSuffix(path, "_test.go")
		if !code && !strings.HasSuffix(path, ".templ") {
			return nil
		}
		body, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		s.add(path, string(body))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *sources) add(path, body string) {
	for _, match := range literal.FindAllStringSubmatch(body, -1) {
		s.literals[match[1]] = true
		if strings.HasSuffix(match[1], ".") || strings.HasSuffix(match[1], "_") {
			s.prefixes = append(s.prefixes, match[1])
		}
	}
	for _, match := range asking.FindAllStringSubmatch(body, -1) {
		if match[2] == "" {
			s.asked[match[1]] = path
		}
	}
}

// messages lists every message of a tree by its key; a plural one has several forms.
func messages(from tree, prefix string, into map[string]tree) map[string]tree {
	for key, value := range from {
		switch value := value.(type) {
		case string:
			into[prefix+key] = tree{"": value}
		case tree:
			if plural(value) {
				into[prefix+key] = value
				continue
			}
			messages(value, prefix+key+".", into)
		}
	}
	return into
}

func english(t *testing.T) (*Catalogue, map[string]tree) {
	t.Helper()
	c, err := Load(Pseudo)
	if err != nil {
		t.Fatal(err)
	}
	return c, messages(c.tongues[English].tree, "", map[string]tree{})
}

func TestEveryKeyThatIsAskedForExists(t *testing.T) {
	t.Parallel()
	_, known := english(t)
	s := readSources(t)
	for key, path := range s.asked {
		if known[key] == nil {
			t.Errorf("%s asks for %q, which locales/en does not have", path, key)
		}
	}
	for key := range s.literals {
		if failure.MatchString(key) && known[key+".text"] == nil {
			t.Errorf("%q is a failure without %s.text", key, key)
		}
		if field.MatchString(key) && known[key] == nil {
			t.Errorf("%q is used and locales/en does not have it", key)
		}
	}
}

func TestEveryMessageIsUsed(t *testing.T) {
	t.Parallel()
	_, known := english(t)
	s := readSources(t)
	idle := map[string][]string{}
	for key := range known {
		if !s.uses(key) {
			area, _, _ := strings.Cut(key, ".")
			idle[area] = append(idle[area], key)
		}
	}
	for area, keys := range idle {
		if slices.Contains(unbuilt, area) {
			continue
		}
		slices.Sort(keys)
		for _, key := range keys {
			t.Errorf("nothing asks for %q: remove it, or name its group where it is put together", key)
		}
	}
}

// uses reports whether the key, what it belongs to, or its group is written in the code.
func (s *sources) uses(key string) bool {
	base := strings.TrimSuffix(strings.TrimSuffix(key, ".text"), ".mend")
	return s.literals[key] || s.literals[base] || slices.ContainsFunc(s.prefixes, func(prefix string) bool {
		return strings.HasPrefix(key, prefix)
	})
}

func slots(text string) []string {
	var names []string
	for _, piece := range cut(text) {
		if piece.Slot != "" && piece.Slot != "count" {
			names = append(names, piece.Slot)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func TestPlaceholdersAgree(t *testing.T) {
	t.Parallel()
	c, known := english(t)
	for code, tongue := range c.tongues {
		for key, forms := range messages(tongue.tree, "", map[string]tree{}) {
			if known[key] == nil {
				t.Errorf("%s has %q, English does not", code, key)
				continue
			}
			var want []string
			for _, text := range known[key] {
				want = slots(text.(string))
			}
			for form, text := range forms {
				if got := slots(text.(string)); !slices.Equal(got, want) {
					t.Errorf("%s: %s %s has placeholders %v, English has %v", code, key, form, got, want)
				}
			}
		}
	}
}

func TestPluralsAreComplete(t *testing.T) {
	t.Parallel()
	c, _ := english(t)
	for code, tongue := range c.tongues {
		needed := map[string]bool{"other": true}
		if !strings.HasSuffix(code, "-XB") { // its rules are Arabic's, its words English
			for n := range 1200 {
				needed[formOf(tongue, n)] = true
			}
		}
		for key, forms := range messages(tongue.tree, "", map[string]tree{}) {
			if forms[""] != nil {
				continue
			}
			for form := range needed {
				if forms[form] == nil {
					t.Errorf("%s: %s lacks the form %q", code, key, form)
				}
			}
		}
	}
}
