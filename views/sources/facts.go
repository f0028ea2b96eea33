package sources

import (
	"context"
	"time"

	"github.com/a-h/templ"

	"levqor/jobs/backup"
	"levqor/jobs/drill"
	"levqor/jobs/overview"
	"levqor/locales"
	"levqor/views/home"
	"levqor/views/parts"
	"levqor/views/plans"
)

// strip is the four facts of the header: copy, restore, proof, size.
func strip(ctx context.Context, p Show) []parts.Fact {
	f := p.Facts
	return []parts.Fact{copyFact(ctx, f), restoreFact(ctx, f), proofFact(ctx, f, best(p)), sizeFact(ctx, f)}
}

// best is the plan that the source's protection counts by.
func best(p Show) backup.Plan {
	for _, plan := range p.Plans {
		if p.Facts.PlanID != nil && plan.ID == *p.Facts.PlanID {
			return plan
		}
	}
	return p.Plans[0]
}

func copyFact(ctx context.Context, f overview.SourceFacts) parts.Fact {
	fact := parts.Fact{Label: locales.T(ctx, "sources.fact.copy"), Aside: objective(ctx, f.RPO), Value: locales.T(ctx, "sources.fact.none")}
	if f.NewestCopy == nil {
		return fact
	}
	percent := share(f.CopyAge, f.RPO)
	fact.Value, fact.Unit = locales.Duration(ctx, age(f.CopyAge)), locales.T(ctx, "sources.fact.old")
	fact.Meter = &parts.MeterProps{Percent: percent, Tone: tone(f.RPOMet), Label: ofObjective(ctx, percent)}
	fact.Tone, fact.Tip = tone(f.RPOMet), locales.T(ctx, "sources.fact.late", "span", locales.Duration(ctx, age(f.CopyAge-f.RPO)))
	if f.RPOMet {
		fact.Tip = locales.T(ctx, "sources.fact.spare", "span", locales.Duration(ctx, age(f.RPO-f.CopyAge)))
	}
	return fact
}

func restoreFact(ctx context.Context, f overview.SourceFacts) parts.Fact {
	fact := parts.Fact{Label: locales.T(ctx, "sources.fact.restore"), Aside: objective(ctx, f.RTO), Value: locales.T(ctx, "sources.fact.unmeasured")}
	if f.Restore == nil {
		return fact
	}
	percent := share(*f.Restore, f.RTO)
	fact.Value, fact.Unit = locales.Duration(ctx, *f.Restore), locales.T(ctx, "sources.fact.measured")
	fact.Meter = &parts.MeterProps{Percent: percent, Tone: tone(f.RTOMet), Label: ofObjective(ctx, percent)}
	fact.Tone, fact.Tip = tone(f.RTOMet), locales.T(ctx, "sources.fact.too_slow")
	if f.RTOMet {
		fact.Tip = locales.T(ctx, "sources.fact.by_proof")
	}
	return fact
}

func proofFact(ctx context.Context, f overview.SourceFacts, plan backup.Plan) parts.Fact {
	fact := parts.Fact{Label: locales.T(ctx, "sources.fact.proof"), Aside: plans.ProofWords(ctx, plan.DrillCron, plan.Zone), Value: locales.T(ctx, "sources.fact.none")}
	if f.ErroredAt != nil {
		fact.Value, fact.Tone, fact.Icon, fact.Tip = locales.T(ctx, "sources.fact.no_answer"), parts.Bad, "shield-x", locales.When(ctx, *f.ErroredAt)
		fact.Link = parts.Action{Label: locales.T(ctx, "sources.fact.see_drill"), URL: templ.SafeURL("/drills/" + f.ErroredID.String())}
		return fact
	}
	if f.ProofAt == nil || f.ProofID == nil {
		return fact
	}
	fact.Value = locales.T(ctx, "sources.fact.checks", "good", locales.Number(ctx, f.Good), "total", locales.Number(ctx, f.Checks))
	fact.Unit = locales.T(ctx, "sources.fact.checks_unit")
	fact.Tone, fact.Icon, fact.Tip = tone(f.Passed), "shield-check", locales.When(ctx, *f.ProofAt)
	if !f.Passed {
		fact.Icon = "shield-x"
	}
	fact.Link = parts.Action{Label: locales.T(ctx, "sources.fact.see_proof"), URL: templ.SafeURL("/drills/" + f.ProofID.String())}
	return fact
}

func sizeFact(ctx context.Context, f overview.SourceFacts) parts.Fact {
	fact := parts.Fact{Label: locales.T(ctx, "sources.fact.size"), Aside: locales.N(ctx, "home.last_days", overview.Days), Value: locales.Bytes(ctx, f.Bytes)}
	if grown := f.Grown(); grown > 0 && len(f.Sizes) > 0 && f.Sizes[0] > 0 {
		fact.Unit = "+" + locales.Bytes(ctx, grown)
	}
	if len(f.Sizes) > 0 && f.NewestCopy != nil {
		values := make([]float64, len(f.Sizes))
		for i, n := range f.Sizes {
			values[i] = float64(n)
		}
		fact.Spark = &parts.SparkProps{Values: values, Label: locales.T(ctx, "sources.fact.grew", "before", locales.Bytes(ctx, f.Sizes[0]), "now", locales.Bytes(ctx, f.Bytes))}
	}
	return fact
}

// age is told in minutes once there are any.
func age(d time.Duration) time.Duration {
	if d < time.Minute {
		return d.Truncate(time.Second)
	}
	return d.Truncate(time.Minute)
}

func objective(ctx context.Context, span time.Duration) string {
	return locales.T(ctx, "sources.fact.objective", "span", locales.Duration(ctx, span))
}

func ofObjective(ctx context.Context, percent float64) string {
	return locales.T(ctx, "sources.fact.used", "percent", locales.Percent(ctx, int(percent)))
}

func share(part, whole time.Duration) float64 {
	if whole <= 0 {
		return 0
	}
	return 100 * part.Seconds() / whole.Seconds()
}

func tone(met bool) parts.Tone {
	if met {
		return parts.Good
	}
	return parts.Bad
}

// protection is the header's badge: "Proven 2 days ago".
func protection(ctx context.Context, f overview.SourceFacts) templ.Component {
	if f.Protection == drill.Proven && f.ProvenAt != nil {
		return parts.BadgeOf(parts.Good, "shield-check", locales.T(ctx, "sources.proven", "ago", locales.Ago(ctx, *f.ProvenAt)))
	}
	return home.Protection(ctx, f.Protection, nil)
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
