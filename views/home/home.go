// Package home shows what is protected, what needs a person, and what comes next.
package home

import (
	"context"
	"fmt"
	"time"

	"github.com/a-h/templ"

	"levqor/jobs/drill"
	"levqor/jobs/overview"
	"levqor/jobs/task"
	"levqor/locales"
	"levqor/views/layout"
	"levqor/views/parts"
)

// Page is the home page's props.
type Page struct {
	Frame     layout.Frame
	Home      overview.Home
	Sample    bool // a sample database can be added
	CanManage bool
	CanProve  bool
}

// KindIcon is the icon of a source's kind.
func KindIcon(kind string) string {
	switch kind {
	case "folder":
		return "folder-open"
	case "s3":
		return "cloud"
	default:
		return "database"
	}
}

// headline says the whole in one sentence.
func headline(ctx context.Context, s overview.Sentence) templ.Component {
	pairs := []any{"proven", locales.Number(ctx, s.Proven), "total", locales.Number(ctx, s.Total)}
	switch {
	case s.Total == 0:
		return parts.Say("home.sentence.empty")
	case s.Proven == s.Total:
		return parts.SayN("home.sentence.all", s.Total)
	case s.Total == 1 && len(s.Attention) == 1:
		return parts.Say("home.sentence.only_needs", "name", parts.Name(s.Attention[0]))
	case s.Total == 1:
		return parts.Say("home.sentence.only")
	case len(s.Attention) == 1:
		return parts.Say("home.sentence.one_needs", append(pairs, "name", parts.Name(s.Attention[0]))...)
	default:
		return parts.Say("home.sentence.some", pairs...)
	}
}

func second(ctx context.Context, s overview.Sentence) string {
	text := ""
	if s.OldestProof != nil {
		text = locales.T(ctx, "home.oldest", "ago", locales.Ago(ctx, *s.OldestProof)) + " "
	}
	if s.Total == 0 {
		return locales.T(ctx, "home.begin")
	}
	if s.OnTime {
		return text + locales.T(ctx, "home.on_time")
	}
	return text + locales.T(ctx, "home.not_on_time")
}

// arcs is the ring beside the headline: one arc a source, at most twelve.
type arc struct {
	Dash   string
	Rotate string
	Tone   string
}

const ringAround = 150.8 // 2πr of r = 24

func arcs(sources []overview.Source) []arc {
	n := min(len(sources), 12)
	out := make([]arc, 0, n)
	for i := range n {
		share := ringAround / float64(n)
		gap := min(10, share*0.3)
		if n == 1 {
			gap = 0
		}
		tone := "stroke-error"
		switch sources[i].Protection {
		case drill.Proven:
			tone = "stroke-success"
		case drill.Paused, drill.NoCopy, drill.NoPlan, drill.Unproven:
			tone = "stroke-warning"
		}
		out = append(out, arc{
			Dash:   fmt.Sprintf("%.1f %.1f", share-gap, ringAround-share+gap),
			Rotate: fmt.Sprintf("rotate(%.1f 28 28)", -90+float64(i)*360/float64(n)),
			Tone:   tone,
		})
	}
	return out
}

// Protection is a source's badge; a proven one says how long ago.
func Protection(ctx context.Context, p drill.Protection, proof *time.Time) templ.Component {
	words := locales.T(ctx, "overview.protection."+string(p))
	switch p {
	case drill.Proven:
		if proof != nil {
			words = locales.Ago(ctx, *proof)
		}
		return parts.BadgeOf(parts.Good, "shield-check", words)
	case drill.Paused:
		return parts.BadgeOf(parts.Neutral, "pause", words)
	case drill.NoCopy, drill.NoPlan, drill.Unproven:
		return parts.BadgeOf(parts.Warn, "hourglass", words)
	default:
		return parts.BadgeOf(parts.Bad, "circle-x", words)
	}
}

// weeks cuts the thirty days into runs of seven, named by their first day.
type week struct {
	Label string
	Days  int
}

func weeks(ctx context.Context, dates []time.Time) []week {
	var out []week
	for i := 0; i < len(dates); i += 7 {
		out = append(out, week{locales.DayMonth(ctx, dates[i]), min(7, len(dates)-i)})
	}
	return out
}

// cell is the css state of a day.
func cell(s overview.DayState) string {
	switch s {
	case overview.DayBacked:
		return "ok"
	case overview.DayNone:
		return "none"
	default:
		return string(s)
	}
}

func needTone(n overview.Need) parts.Tone {
	if n.Alert != nil {
		return parts.Bad
	}
	return parts.Warn
}

func needText(ctx context.Context, n overview.Need) string {
	if n.Alert == nil || n.Alert.FailureKey == "" {
		key := "overview.need." + n.Kind + ".text"
		if locales.Has(ctx, key) {
			return locales.T(ctx, key)
		}
		return ""
	}
	failure := parts.FailureOf(ctx, n.Alert.FailureKey, n.Alert.FailureArgs)
	return failure.Text + " " + failure.Mend
}

func setupLeft(steps []overview.Step) (done int, left string) {
	for _, s := range steps {
		if s.Done {
			done++
		} else if left == "" {
			left = s.Name
		}
	}
	return done, left
}

func protectedNow(h overview.Home) (now, grown int64) {
	if len(h.Protected) == 0 {
		return 0, 0
	}
	now = h.Protected[len(h.Protected)-1]
	return now, now - h.Protected[0]
}

func values(sizes []int64) []float64 {
	out := make([]float64, len(sizes))
	for i, n := range sizes {
		out[i] = float64(n)
	}
	return out
}

func runWords(ctx context.Context, kind task.Kind) string {
	return locales.T(ctx, "home.run."+string(kind))
}

func addAction(ctx context.Context, can bool) parts.Action {
	if !can {
		return parts.Action{}
	}
	return parts.Action{Label: locales.T(ctx, "home.add_source"), URL: "/sources/new", Icon: "plus"}
}
