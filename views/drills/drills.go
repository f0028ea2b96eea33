// Package drills shows drills while they run and the proofs that they leave.
package drills

import (
	"context"
	"net/url"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"levqor/jobs/drill"
	"levqor/jobs/source"
	"levqor/jobs/task"
	"levqor/locales"
	"levqor/views/layout"
	"levqor/views/parts"
	"levqor/views/tasks"
)

// Page is the list of drills and their proofs. URL is its own address.
type Page struct {
	Frame    layout.Frame
	Drills   []drill.Drill
	Sources  []source.Source
	SourceID uuid.UUID
	Result   string // "", proven, failed
	URL      string
	Pages    parts.PageProps
	CanProve bool
}

// ShowPage is one drill: running, ended without a proof, or with one.
type ShowPage struct {
	Frame    layout.Frame
	Drill    drill.Drill
	Log      []task.LogLine
	CanProve bool
	Proof    *Certificate
}

// Certificate is a proof with all that its page says of it.
type Certificate struct {
	Drill       drill.Drill
	Proof       drill.Proof
	Doc         drill.Document
	Fingerprint string
	Problem     parts.Problems // why the signature does not hold; none when it does
	History     []drill.Drill  // proofs of the source, newest first
	NextAt      *time.Time     // of the plan's next drill
	PlanThere   bool
	Link        string // of this page, to hand on
	CanProve    bool
}

// URL is the drill's page.
func URL(d drill.Drill) templ.SafeURL { return templ.SafeURL("/drills/" + d.ID.String()) }

func (p Page) running() bool {
	for _, d := range p.Drills {
		if !d.State.Final() {
			return true
		}
	}
	return false
}

// trigger also asks every few seconds while something runs, for its progress.
func (p Page) trigger() string {
	if p.running() {
		return parts.Live("drills") + ", every 3s"
	}
	return parts.Live("drills")
}

func (p Page) filters(ctx context.Context) []parts.Tab {
	tab := func(result, label string) parts.Tab {
		query := url.Values{}
		if p.SourceID != uuid.Nil {
			query.Set("source", p.SourceID.String())
		}
		if result != "" {
			query.Set("result", result)
		}
		return parts.Tab{Label: label, URL: templ.SafeURL("/drills?" + query.Encode()), Current: p.Result == result}
	}
	return []parts.Tab{
		tab("", locales.T(ctx, "drills.filter.all")),
		tab("proven", locales.T(ctx, "drills.filter.proven")),
		tab("failed", locales.T(ctx, "drills.filter.failed")),
	}
}

// Result is what a drill came to, as a badge.
func Result(ctx context.Context, d drill.Drill) templ.Component {
	switch {
	case d.Passed == nil && d.State == task.Failed:
		return parts.BadgeOf(parts.Warn, "triangle-alert", locales.T(ctx, "drills.result.not_run"))
	case d.Passed == nil:
		return tasks.Badge(d.Task)
	case *d.Passed:
		return parts.Badge(parts.StatusProven)
	default:
		return parts.BadgeOf(parts.Bad, "circle-x", locales.T(ctx, "drills.result.failed"))
	}
}

// checks are "131 of 131".
func checks(ctx context.Context, d drill.Drill) string {
	if d.ChecksTotal == nil || d.ChecksGood == nil {
		return "–"
	}
	return locales.T(ctx, "drills.of", "good", locales.Number(ctx, *d.ChecksGood), "total", locales.Number(ctx, *d.ChecksTotal))
}

func took(ctx context.Context, d drill.Drill) string {
	if d.RestoreMS == nil {
		return "–"
	}
	return locales.Duration(ctx, time.Duration(*d.RestoreMS)*time.Millisecond)
}

func lost(ctx context.Context, d drill.Drill) string {
	if d.LostSeconds == nil {
		return "–"
	}
	return locales.Duration(ctx, time.Duration(*d.LostSeconds)*time.Second)
}

// crumbs lead from the sources to this drill.
func (p ShowPage) crumbs(ctx context.Context) []parts.Crumb {
	last := locales.T(ctx, "drills.crumb.drill")
	if p.Proof != nil {
		last = locales.T(ctx, "drills.crumb.proof", "date", locales.DayMonth(ctx, p.Proof.Doc.FinishedAt))
	}
	return []parts.Crumb{
		{Label: locales.T(ctx, "app.nav.sources"), URL: "/sources"},
		{Label: p.Drill.SubjectName, URL: templ.SafeURL("/sources/" + p.Drill.SourceID.String()), Typed: true},
		{Label: last},
	}
}

// card is the drill as work: its page asks for itself anew, so the card does not.
func (p ShowPage) card(ctx context.Context) parts.TaskProps {
	card := tasks.Of(ctx, tasks.Props{Task: p.Drill.Task, Log: p.Log, CanCancel: p.CanProve})
	card.Event, card.RefreshURL = "", ""
	if p.Drill.State == task.Running && p.Drill.Phase != "" {
		card.Doing = locales.T(ctx, "drills.doing."+p.Drill.Phase)
	}
	card.LogOpen = p.Drill.State == task.Failed
	return card
}
