package plans

import (
	"context"
	"fmt"
	"strings"

	"github.com/a-h/templ"

	"levqor/jobs/backup"
	"levqor/locales"
	"levqor/views/parts"
)

// ScheduleWords say when a schedule runs, with its zone where it is not the reader's.
func ScheduleWords(ctx context.Context, s backup.Schedule) string {
	w := s.Describe()
	at := fmt.Sprintf("%02d:%02d", w.Hour, w.Minute)
	var words string
	switch w.Key {
	case "every_days", "every_hours", "every_minutes":
		return locales.N(ctx, "backup.schedule."+w.Key, w.Count)
	case "weekly":
		words = locales.T(ctx, "backup.schedule.weekly", "weekday", locales.Weekday(ctx, w.Weekday), "time", at)
	case "cron":
		words = locales.T(ctx, "backup.schedule.cron", "cron", w.Cron)
	default:
		words = locales.T(ctx, "backup.schedule."+w.Key, "time", at, "day", w.Day)
	}
	if s.Zone == "" || s.Zone == locales.Zone(ctx).String() {
		return words
	}
	return locales.T(ctx, "plans.in_zone", "words", words, "zone", s.Zone)
}

// KeepWords say what a policy keeps.
func KeepWords(ctx context.Context, k backup.Keep) string {
	var words []string
	if k.Last > 0 {
		words = append(words, locales.N(ctx, "plans.keep.last", k.Last))
	}
	for _, rule := range []struct {
		key  string
		days int
	}{{"all", k.AllDays}, {"hourly", k.HourlyDays}, {"daily", k.DailyDays}, {"weekly", k.WeeklyDays}, {"monthly", k.MonthlyDays}, {"yearly", k.YearlyDays}} {
		if rule.days > 0 {
			words = append(words, locales.N(ctx, "plans.keep."+rule.key, rule.days))
		}
	}
	if len(words) == 0 {
		return locales.T(ctx, "plans.keep.newest")
	}
	return strings.Join(words, ", ")
}

// ProofWords say when a plan's copies are proven.
func ProofWords(ctx context.Context, cron, zone string) string {
	if cron == "" {
		return locales.T(ctx, "plans.proof.on_demand")
	}
	return ScheduleWords(ctx, backup.Schedule{Cron: cron, Zone: zone})
}

func planSentence(ctx context.Context, p backup.Plan) templ.Component {
	return parts.Say("plans.sentence", "schedule", parts.Strong(ScheduleWords(ctx, p.Schedule())), "vault", strongName(p.VaultName),
		"keep", parts.Strong(KeepWords(ctx, p.Keep)), "proof", parts.Strong(ProofWords(ctx, p.DrillCron, p.Zone)))
}

func draftSentence(ctx context.Context, p Preview) templ.Component {
	return parts.Say("plans.draft", "name", strongName(p.Name), "schedule", parts.Strong(ScheduleWords(ctx, schedule(p.Plan))), "vault", strongName(p.Vault),
		"keep", parts.Strong(KeepWords(ctx, p.Plan.Keep)), "proof", parts.Strong(ProofWords(ctx, p.Plan.DrillCron, p.Plan.Zone)))
}
