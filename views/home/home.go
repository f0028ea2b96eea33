// Package home shows what is protected, what needs a person, and what comes next.
package home

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/a-h/templ"

	"levqor/jobs/alert"
	"levqor/jobs/drill"
	"levqor/jobs/overview"
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
	switch {
	case !s.OnTime:
		return text + locales.T(ctx, "home.not_on_time")
	case !s.Ran:
		return locales.T(ctx, "home.nothing_ran")
	}
	return text + locales.T(ctx, "home.on_time")
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
		case drill.Paused, drill.NoCopy, drill.NoPlan, drill.ShapeChanged, drill.Unproven:
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
	case drill.NoCopy, drill.NoPlan, drill.ShapeChanged, drill.Unproven:
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

// needLook is the badge of a need.
func needLook(n overview.Need) (tone parts.Tone, icon string) {
	switch {
	case n.Alert != nil && isLate(n.Alert.Kind):
		return parts.Warn, "clock"
	case n.Alert != nil, n.Kind == overview.NeedRun:
		return parts.Bad, "circle-x"
	case n.Kind == overview.NeedAnswer:
		return parts.Warn, "stamp"
	case n.Kind == overview.NeedKit:
		return parts.Warn, "key-round"
	default:
		return parts.Warn, "hourglass"
	}
}

// isLate is what time alone made wrong, or a change: no task failed.
func isLate(k alert.Kind) bool {
	return k == alert.BackupOverdue || k == alert.ProofOld || k == alert.ShapeChanged
}

// needText is what went wrong and since when, or what is missing.
func needText(ctx context.Context, n overview.Need) string {
	a := n.Alert
	if n.Kind == overview.NeedRun {
		return locales.N(ctx, "home.failed_runs", n.Count)
	}
	if a == nil {
		return locales.T(ctx, "overview.need."+n.Kind+".text")
	}
	var sentences []string
	if a.Kind != alert.BackupOverdue {
		sentences = append(sentences, parts.FailureOf(ctx, a.FailureKey, a.FailureArgs).Text)
	}
	if a.Kind == alert.BackupFailed || a.Kind == alert.BackupOverdue {
		sentences = append(sentences, copyText(ctx, *a))
	}
	if a.Times > 1 && a.Kind != alert.VaultDamaged {
		sentences = append(sentences, locales.N(ctx, "home.tried", a.Times, "since", locales.When(ctx, a.OpenedAt)))
	}
	return strings.Join(sentences, " ")
}

func copyText(ctx context.Context, a alert.Alert) string {
	objective := locales.Duration(ctx, a.RPO)
	if a.NewestCopy == nil {
		return locales.T(ctx, "home.no_copy", "objective", objective)
	}
	age := max(0, locales.Now(ctx).Sub(*a.NewestCopy)).Truncate(time.Minute)
	return locales.T(ctx, "home.copy", "age", locales.Duration(ctx, age), "objective", objective)
}

// mend is the button of a need: where only new settings help it leads there,
// for those who may change them.
func mend(ctx context.Context, n overview.Need, canManage bool) parts.Action {
	look := parts.Action{Label: locales.T(ctx, "home.look"), URL: templ.SafeURL(n.Path)}
	if source, ok := strings.CutSuffix(n.Path, "/settings"); ok && n.Alert != nil {
		if canManage {
			return parts.Action{Label: locales.T(ctx, "home.change_access"), URL: look.URL}
		}
		look.URL = templ.SafeURL(source)
	}
	if n.Alert != nil || n.Kind == overview.NeedRun || n.Kind == overview.NeedAnswer || !canManage {
		return look
	}
	return parts.Action{Label: locales.T(ctx, "overview.need."+n.Kind+".do"), URL: look.URL}
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

// protectedText leaves out what is not known: vaults that were never measured,
// a month that is not over.
func protectedText(ctx context.Context, h overview.Home) string {
	_, grown := protectedNow(h)
	stored, size := locales.Bytes(ctx, h.Stored), locales.Bytes(ctx, grown)
	switch {
	case h.Stored > 0 && grown > 0:
		return locales.T(ctx, "home.protected.both", "stored", stored, "size", size)
	case h.Stored > 0:
		return locales.T(ctx, "home.protected.stored", "stored", stored)
	case grown > 0:
		return locales.T(ctx, "home.protected.grown", "size", size)
	default:
		return locales.T(ctx, "home.protected.only")
	}
}

func values(sizes []int64) []float64 {
	out := make([]float64, len(sizes))
	for i, n := range sizes {
		out[i] = float64(n)
	}
	return out
}

func addAction(ctx context.Context, can bool) parts.Action {
	if !can {
		return parts.Action{}
	}
	return parts.Action{Label: locales.T(ctx, "home.add_source"), URL: "/sources/new", Icon: "plus"}
}
