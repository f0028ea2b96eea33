package drills

import (
	"context"
	"strconv"
	"time"

	"levqor/jobs/source"
	"levqor/locales"
	"levqor/views/parts"
)

// objective is one promise of the plan and what the drill measured.
type objective struct {
	label   string
	aside   string
	value   string
	words   string
	percent float64
	tone    parts.Tone
	met     bool
}

func (c Certificate) objectives(ctx context.Context) []objective {
	o := c.Doc.Objectives
	rto, rpo := time.Duration(o.RTOSeconds)*time.Second, time.Duration(o.RPOSeconds)*time.Second
	restore, lost := time.Duration(o.RestoreMS)*time.Millisecond, time.Duration(o.LostSeconds)*time.Second
	return []objective{
		measure(ctx, locales.T(ctx, "drills.rto.label"), locales.T(ctx, "drills.rto.objective", "span", locales.Duration(ctx, rto)), restore, rto, o.RTOMet),
		measure(ctx, locales.T(ctx, "drills.rpo.label"), locales.T(ctx, "drills.rpo.objective", "span", locales.Duration(ctx, rpo)), lost, rpo, o.RPOMet),
	}
}

func measure(ctx context.Context, label, aside string, took, allowed time.Duration, met bool) objective {
	percent := 0.0
	if allowed > 0 {
		percent = 100 * float64(took) / float64(allowed)
	}
	o := objective{label: label, aside: aside, value: locales.Duration(ctx, took), percent: max(percent, 1.5), met: met, tone: parts.Good}
	key := "drills.met"
	if !met {
		key, o.tone = "drills.missed", parts.Bad
	}
	if !met && percent <= 100 {
		key = "drills.not_ended"
	}
	o.words = locales.T(ctx, key, "percent", percentWords(ctx, percent))
	return o
}

// percentWords keeps a small share apart from none.
func percentWords(ctx context.Context, percent float64) string {
	digits := 0
	if percent < 10 {
		digits = 1
	}
	if percent > 0 && percent < 0.1 {
		return locales.T(ctx, "drills.under", "n", locales.Decimal(ctx, 0.1, 1))
	}
	return locales.T(ctx, "format.percent", "n", locales.Decimal(ctx, percent, digits))
}

// line is one row of the table of checks.
type line struct {
	what     string
	recorded string
	restored string
	count    string
	word     string
	ok       bool
}

// lines are the groups of checks; those of a list of files one by one, because
// a number of files and of bytes say more than a digest of both.
func (c Certificate) lines(ctx context.Context) (lines []line) {
	for _, g := range c.Doc.Groups() {
		if g.Name == "files" {
			lines = append(lines, c.fileLines(ctx)...)
			continue
		}
		if g.Name == source.GroupReadable && g.Restored == "damaged" { // no figures
			g.Recorded, g.Restored = locales.T(ctx, "drills.readable.whole"), locales.T(ctx, "drills.readable.damaged")
		}
		lines = append(lines, newLine(ctx, locales.T(ctx, "drill.check."+g.Name), g.Recorded, g.Restored, g.Total, g.Good, g.OK))
	}
	if len(c.Doc.Assertions) > 0 {
		lines = append(lines, c.assertionLine(ctx))
	}
	return lines
}

func (c Certificate) fileLines(ctx context.Context) (lines []line) {
	for _, check := range c.Doc.Checks {
		if check.Group == "files" {
			lines = append(lines, newLine(ctx, locales.T(ctx, "drills.files."+check.Name), check.Recorded, check.Restored, check.Total, check.Good, check.OK))
		}
	}
	return lines
}

func newLine(ctx context.Context, what, recorded, restored string, total, good int, ok bool) line {
	l := line{what: what, recorded: value(ctx, recorded), restored: value(ctx, restored), ok: ok, word: locales.T(ctx, "drills.checks.same"),
		count: locales.T(ctx, "drills.of", "good", locales.Number(ctx, good), "total", locales.Number(ctx, total))}
	if !ok {
		l.word = locales.T(ctx, "drills.checks.different")
	}
	return l
}

// value writes counts as this language does and digests by their ends.
func value(ctx context.Context, text string) string {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return locales.Number(ctx, n)
	}
	switch {
	case text == "":
		return "–"
	case len(text) >= 32:
		return text[:4] + "…" + text[len(text)-4:]
	}
	return text
}

func (c Certificate) assertionLine(ctx context.Context) line {
	good := 0
	for _, a := range c.Doc.Assertions {
		if a.OK {
			good++
		}
	}
	l := newLine(ctx, locales.T(ctx, "drill.check.assertion"), "", "", len(c.Doc.Assertions), good, good == len(c.Doc.Assertions))
	l.word = locales.T(ctx, "drills.checks.true")
	if !l.ok {
		l.word = locales.T(ctx, "drills.checks.false")
	}
	return l
}
