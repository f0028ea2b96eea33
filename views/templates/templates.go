// Package templates shows workflows to start from.
package templates

import (
	"context"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"levqor/jobs/backup"
	"levqor/jobs/source"
	"levqor/jobs/workflow/flow"
	"levqor/jobs/workflow/template"
	"levqor/locales"
	"levqor/views/layout"
	"levqor/views/parts"
)

// Gallery is the page of all templates that fit what was asked for.
type Gallery struct {
	Frame    layout.Frame
	Found    []template.Template
	Counts   map[string]int // by category, of the chosen level; "": all
	Levels   map[string]int // by level, of the chosen category; "": all
	Category string
	Level    string
	Query    string
}

// Use is the page of one template: what it does, and what it asks for.
type Use struct {
	Frame     layout.Frame
	Template  template.Template
	Outline   flow.Definition
	Plans     []backup.Plan
	Sources   []source.Source
	Name      string
	Answers   map[string]string
	Problems  parts.Problems
	CanManage bool
}

// Name of a template in the reader's language.
func Name(ctx context.Context, id string) string { return locales.T(ctx, "template."+id+".name") }

// About says what it does.
func About(ctx context.Context, id string) string { return locales.T(ctx, "template."+id+".about") }

var icons = map[string]string{"business": "briefcase-business", "chores": "list-checks", "protect": "shield-check", "watch": "eye"}

func byCategory(ctx context.Context, g Gallery) []parts.Tab {
	to := g
	to.Category = ""
	tabs := []parts.Tab{{Label: locales.T(ctx, "templates.all"), URL: to.link(), Current: g.Category == "", Count: locales.Number(ctx, g.Counts[""])}}
	for _, category := range template.Categories {
		to.Category = category
		tabs = append(tabs, parts.Tab{Label: locales.T(ctx, "templates.category."+category), URL: to.link(), Current: g.Category == category,
			Count: locales.Number(ctx, g.Counts[category])})
	}
	return tabs
}

func byLevel(ctx context.Context, g Gallery) []parts.Tab {
	to := g
	to.Level = ""
	tabs := []parts.Tab{{Label: locales.T(ctx, "templates.any_level"), URL: to.link(), Current: g.Level == "", Count: locales.Number(ctx, g.Levels[""])}}
	for _, level := range template.Levels {
		to.Level = level
		tabs = append(tabs, parts.Tab{Label: locales.T(ctx, "templates.level."+level), URL: to.link(), Current: g.Level == level,
			Count: locales.Number(ctx, g.Levels[level])})
	}
	return tabs
}

// link is the gallery as it is chosen in g.
func (g Gallery) link() templ.SafeURL {
	query := url.Values{}
	for name, value := range map[string]string{"category": g.Category, "level": g.Level, "q": g.Query} {
		if value != "" {
			query.Set(name, value)
		}
	}
	return templ.SafeURL(strings.TrimSuffix("/templates?"+query.Encode(), "?"))
}

func stepCount(ctx context.Context, d flow.Definition) string {
	n := 0
	for range d.All() {
		n++
	}
	return locales.N(ctx, "templates.steps", n)
}

// kind is what a step is called.
func kind(ctx context.Context, name string) string {
	if locales.Has(ctx, "step."+name+".name") {
		return locales.T(ctx, "step."+name+".name")
	}
	return name
}

func label(ctx context.Context, need template.Need) string {
	key := "templates.need." + need.Name
	if locales.Has(ctx, key) {
		return locales.T(ctx, key)
	}
	return locales.T(ctx, "templates.type."+need.Type)
}

func planOptions(plans []backup.Plan) []parts.Option {
	var options []parts.Option
	for _, p := range plans {
		options = append(options, parts.Option{Value: p.ID.String(), Label: p.SourceName + " → " + p.VaultName})
	}
	return options
}

func sourceOptions(sources []source.Source) []parts.Option {
	var options []parts.Option
	for _, s := range sources {
		options = append(options, parts.Option{Value: s.ID.String(), Label: s.Name})
	}
	return options
}

// lacks is what the workspace has to have before the template can be used.
func (u Use) lacks() string {
	for _, need := range u.Template.Needs {
		if need.Type == "plan" && len(u.Plans) == 0 || need.Type == "source" && len(u.Sources) == 0 {
			return need.Type
		}
	}
	return ""
}
