// Package runs shows the runs of workflows: all of them, and one from its first
// step to its last, with what it waits for and what it asks people.
package runs

import (
	"context"
	"net/url"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"levqor/jobs/workflow"
	"levqor/jobs/workflow/engine"
	"levqor/locales"
	"levqor/views/layout"
	"levqor/views/parts"
)

// List is the page of all runs. URL is its own address.
type List struct {
	Frame      layout.Frame
	Runs       []workflow.Run
	Workflows  []workflow.Workflow
	WorkflowID uuid.UUID
	State      engine.State
	URL        string
	Pages      parts.PageProps
	Now        time.Time
}

// URL is a run's page.
func URL(id uuid.UUID) templ.SafeURL { return templ.SafeURL("/runs/" + id.String()) }

// often follows the topic of all runs, at most every two seconds: many may end at once.
func often() string { return string(engine.AllRuns) + " from:#live throttle:2s, refresh from:#live" }

func (p List) narrowed() bool {
	return p.WorkflowID != uuid.Nil || p.State != "" || p.Pages.Newest != ""
}

func (p List) states(ctx context.Context) []parts.Tab {
	tabs := []parts.Tab{{Label: locales.T(ctx, "runs.all"), URL: p.url(""), Current: p.State == ""}}
	for _, state := range []engine.State{engine.Running, engine.Waiting, engine.Queued, engine.Held, engine.Failed, engine.Succeeded, engine.Canceled} {
		tabs = append(tabs, parts.Tab{Label: stateWord(ctx, state), URL: p.url(state), Current: p.State == state})
	}
	return tabs
}

func (p List) url(state engine.State) templ.SafeURL {
	query := url.Values{}
	if p.WorkflowID != uuid.Nil {
		query.Set("workflow", p.WorkflowID.String())
	}
	if state != "" {
		query.Set("state", string(state))
	}
	if len(query) == 0 {
		return "/runs"
	}
	return templ.SafeURL("/runs?" + query.Encode())
}

func columns(ctx context.Context) []parts.Column {
	return []parts.Column{
		{Label: locales.T(ctx, "runs.col.state")}, {Label: locales.T(ctx, "runs.col.workflow")}, {Label: locales.T(ctx, "runs.col.number"), Num: true},
		{Label: locales.T(ctx, "runs.col.started")}, {Label: locales.T(ctx, "runs.col.took"), Num: true},
		{Label: locales.T(ctx, "runs.col.steps"), Num: true}, {Label: locales.T(ctx, "runs.col.why")},
	}
}

func stateWord(ctx context.Context, state engine.State) string {
	return locales.T(ctx, "parts.status."+string(parts.StatusOf(state)))
}

// Badge is a run's state. A run that stands in line is no snapshot on hold.
func Badge(ctx context.Context, state engine.State) templ.Component {
	if state == engine.Held {
		return parts.BadgeOf(parts.Neutral, "hourglass", stateWord(ctx, state))
	}
	return parts.Badge(parts.StatusOf(state))
}

// why is who or what started it, for a table.
func why(ctx context.Context, r workflow.Run) string {
	if r.ActorName != "" {
		return r.ActorName
	}
	return locales.T(ctx, "runs.cause."+r.Cause)
}

// took is how long it went on, or a dash.
func took(ctx context.Context, r workflow.Run, now time.Time) string {
	if r.StartedAt == nil {
		return "–"
	}
	return locales.Duration(ctx, r.Took(now))
}
