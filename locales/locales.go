// Package locales holds every word that people read: one folder a language, one
// YAML file an area, and the ways in which that language writes numbers and times.
//
// Messages are looked up by key (T, N) in the language that the context carries.
// A language that lacks a message borrows the whole of it from English.
package locales

import (
	"embed"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/language"
)

//go:embed en/*.yaml
var files embed.FS

// English is the language that every other one falls back to.
const English = "en"

// Locale is a language to choose. Name is what its speakers call it.
type Locale struct {
	Code string // BCP 47
	Dir  string // "ltr" or "rtl"
	Name string
}

// Catalogue holds all languages, loaded once at start.
type Catalogue struct {
	tongues map[string]*tongue
	offered []language.Tag // what Accept-Language may choose, English first
	matcher language.Matcher
	mu      sync.Mutex
	missing map[string]bool
}

// Option changes what Load makes.
type Option func(*Catalogue) error

// Pseudo adds two languages made from English for development and tests: en-XA
// (accented, longer, in brackets) and ar-XB (right to left). They are chosen by
// name only, never by Accept-Language.
func Pseudo(c *Catalogue) error {
	english := c.tongues[English].tree
	if err := c.add("en-XA", "Pseudo: accented", mapMessages(english, accented)); err != nil {
		return err
	}
	return c.add("ar-XB", "Pseudo: right to left", mapMessages(english, mirrored))
}

// Load reads the embedded languages. Its errors are faults in a YAML file.
func Load(options ...Option) (*Catalogue, error) {
	c := &Catalogue{tongues: map[string]*tongue{}, missing: map[string]bool{}}
	english, err := readLanguage(files, English)
	if err != nil {
		return nil, err
	}
	if err := c.add(English, "English", english); err != nil {
		return nil, err
	}
	folders, err := files.ReadDir(".")
	if err != nil {
		return nil, fmt.Errorf("list languages: %w", err)
	}
	for _, folder := range folders {
		if folder.Name() == English {
			continue
		}
		tree, err := readLanguage(files, folder.Name())
		if err != nil {
			return nil, err
		}
		borrow(tree, english)
		if err := c.add(folder.Name(), "", tree); err != nil {
			return nil, err
		}
		c.offered = append(c.offered, c.tongues[folder.Name()].tag)
	}
	c.offered = slices.Insert(c.offered, 0, language.English)
	c.matcher = language.NewMatcher(c.offered)
	for _, option := range options {
		if err := option(c); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// Languages lists what a person can choose, English first.
func (c *Catalogue) Languages() []Locale {
	var found []Locale
	for _, t := range c.tongues {
		found = append(found, t.Locale)
	}
	slices.SortFunc(found, func(a, b Locale) int {
		if (a.Code == English) != (b.Code == English) {
			return map[bool]int{true: -1, false: 1}[a.Code == English]
		}
		return strings.Compare(a.Code, b.Code)
	})
	return found
}

// Match chooses the language: the address's, else the person's setting, else the
// cookie's, each only if known, else the best for Accept-Language, else English.
func (c *Catalogue) Match(url, setting, cookie, acceptLanguage string) Locale {
	for _, wish := range []string{url, setting, cookie} {
		if t, ok := c.tongues[wish]; ok {
			return t.Locale
		}
	}
	wishes, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil || len(wishes) == 0 {
		return c.tongues[English].Locale
	}
	_, index, _ := c.matcher.Match(wishes...)
	return c.tongues[c.offered[index].String()].Locale
}

// Missing lists the keys that were asked for and do not exist, sorted.
func (c *Catalogue) Missing() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	keys := make([]string, 0, len(c.missing))
	for key := range c.missing {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// note remembers a missing key; a thousand are enough to find the fault.
func (c *Catalogue) note(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.missing) < 1000 {
		c.missing[key] = true
	}
}
