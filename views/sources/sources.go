// Package sources shows what is protected: the list, adding one, and one's own pages.
package sources

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"levqor/jobs/backup"
	"levqor/jobs/drill"
	"levqor/jobs/overview"
	"levqor/jobs/source"
	"levqor/jobs/source/postgres"
	"levqor/jobs/vault"
	"levqor/locales"
	"levqor/views/home"
	"levqor/views/layout"
	"levqor/views/parts"
)

// List is the page of all sources.
type List struct {
	Frame     layout.Frame
	Sources   []source.Source
	States    map[string]overview.Source // by id
	Sample    bool
	CanManage bool
}

// Form is adding a source, or changing its access. Values are what was typed,
// never a secret.
type Form struct {
	Frame     layout.Frame
	ID        string // empty: a new one
	Kind      source.Kind
	Values    map[string]string
	Problems  parts.Problems
	Roots     string // folders that the operator allows
	HasSecret bool
	Revision  int
}

// Value is what was typed into a field.
func (f Form) Value(name string) string { return f.Values[name] }

// Show is a source's own page. Tab is overview, runs, snapshots, proofs or settings.
type Show struct {
	Frame     layout.Frame
	Source    source.Source
	Facts     overview.SourceFacts
	Plans     []backup.Plan
	Backups   []backup.Backup
	Snapshots []backup.Snapshot
	Drills    []drill.Drill
	Active    templ.Component // the running task's card, or nil
	Vaults    []vault.Vault
	CanManage bool
	Operate   bool
	Now       time.Time
}

// PlanForm is making or changing a plan.
type PlanForm struct {
	Frame    layout.Frame
	Source   source.Source
	ID       string // empty: a new one
	Revision int
	Values   map[string]string
	Problems parts.Problems
	Vaults   []vault.Vault
	Zones    []string
}

func place(s source.Source) string {
	switch {
	case s.Config.Postgres != nil:
		return s.Config.Postgres.Host + ":" + strconv.Itoa(s.Config.Postgres.Port)
	case s.Config.Folder != nil:
		return s.Config.Folder.Path
	case s.Config.Bucket != nil:
		return strings.TrimSuffix(s.Config.Bucket.Bucket+"/"+s.Config.Bucket.Prefix, "/")
	}
	return ""
}

func kindName(ctx context.Context, kind source.Kind) string {
	return locales.T(ctx, "sources.kind."+string(kind))
}

func facts(ctx context.Context, s source.Source) string {
	f := s.Facts
	switch s.Kind {
	case source.Postgres:
		if f.Version == "" {
			return ""
		}
		return locales.N(ctx, "sources.databases", f.Databases) + ", " + locales.N(ctx, "sources.tables", f.Tables)
	default:
		if f.Files == 0 {
			return ""
		}
		return locales.N(ctx, "sources.files", int(f.Files))
	}
}

func version(ctx context.Context, s source.Source) string {
	if s.Facts.Version == "" {
		return kindName(ctx, s.Kind)
	}
	return kindName(ctx, s.Kind) + " " + s.Facts.Version
}

// strip is the four facts of the header: copy, restore, proof, size.
func strip(ctx context.Context, f overview.SourceFacts) []parts.Fact {
	never := locales.T(ctx, "sources.fact.none")
	newest := parts.Fact{Label: locales.T(ctx, "sources.fact.copy"), Aside: locales.T(ctx, "sources.fact.objective", "span", locales.Duration(ctx, f.RPO)), Value: never}
	if f.NewestCopy != nil {
		newest.Value, newest.Unit = locales.Duration(ctx, f.CopyAge.Truncate(time.Minute)), locales.T(ctx, "sources.fact.old")
		newest.Meter = &parts.MeterProps{Percent: share(f.CopyAge, f.RPO), Tone: tone(f.RPOMet), Label: locales.T(ctx, "sources.fact.copy")}
		newest.Tone, newest.Tip = tone(f.RPOMet), locales.T(ctx, "sources.fact.late")
		if f.RPOMet {
			newest.Tip = locales.T(ctx, "sources.fact.spare", "span", locales.Duration(ctx, (f.RPO-f.CopyAge).Truncate(time.Minute)))
		}
	}
	restore := parts.Fact{Label: locales.T(ctx, "sources.fact.restore"), Aside: locales.T(ctx, "sources.fact.objective", "span", locales.Duration(ctx, f.RTO)), Value: never}
	if f.Restore != nil {
		restore.Value, restore.Unit = locales.Duration(ctx, *f.Restore), locales.T(ctx, "sources.fact.measured")
		restore.Meter = &parts.MeterProps{Percent: share(*f.Restore, f.RTO), Tone: tone(f.RTOMet), Label: locales.T(ctx, "sources.fact.restore")}
		restore.Tone, restore.Tip = tone(f.RTOMet), locales.T(ctx, "sources.fact.by_proof")
	}
	proof := parts.Fact{Label: locales.T(ctx, "sources.fact.proof"), Value: never}
	if f.ProofAt != nil && f.ProofID != nil {
		proof.Value = locales.T(ctx, "sources.fact.checks", "good", locales.Number(ctx, f.Good), "total", locales.Number(ctx, f.Checks))
		proof.Tone, proof.Tip = tone(f.Passed), locales.When(ctx, *f.ProofAt)
		proof.Link = parts.Action{Label: locales.T(ctx, "sources.fact.see_proof"), URL: templ.SafeURL("/drills/" + f.ProofID.String())}
	}
	size := parts.Fact{Label: locales.T(ctx, "sources.fact.size"), Aside: locales.N(ctx, "home.last_days", overview.Days), Value: locales.Bytes(ctx, f.Bytes)}
	if grown := f.Grown(); grown > 0 {
		size.Unit = "+" + locales.Bytes(ctx, grown)
	}
	if len(f.Sizes) > 0 {
		values := make([]float64, len(f.Sizes))
		for i, n := range f.Sizes {
			values[i] = float64(n)
		}
		size.Spark = &parts.SparkProps{Values: values, Label: locales.T(ctx, "sources.fact.size")}
	}
	return []parts.Fact{newest, restore, proof, size}
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
	if f.Protection == drill.Proven && f.ProofAt != nil {
		return parts.BadgeOf(parts.Good, "shield-check", locales.T(ctx, "sources.proven", "ago", locales.Ago(ctx, *f.ProofAt)))
	}
	return home.Protection(ctx, f.Protection, nil)
}

// ScheduleWords say when a schedule runs.
func ScheduleWords(ctx context.Context, s backup.Schedule) string {
	w := s.Describe()
	at := fmt.Sprintf("%02d:%02d", w.Hour, w.Minute)
	switch w.Key {
	case "every_days", "every_hours", "every_minutes":
		return locales.N(ctx, "backup.schedule."+w.Key, w.Count)
	case "weekly":
		return locales.T(ctx, "backup.schedule.weekly", "weekday", locales.Weekday(ctx, w.Weekday), "time", at)
	case "cron":
		return locales.T(ctx, "backup.schedule.cron", "cron", w.Cron)
	default:
		return locales.T(ctx, "backup.schedule."+w.Key, "time", at, "day", w.Day)
	}
}

// KeepWords say what a policy keeps.
func KeepWords(ctx context.Context, k backup.Keep) string {
	var words []string
	if k.Last > 0 {
		words = append(words, locales.N(ctx, "sources.keep.last", k.Last))
	}
	for _, rule := range []struct {
		key  string
		days int
	}{{"all", k.AllDays}, {"hourly", k.HourlyDays}, {"daily", k.DailyDays}, {"weekly", k.WeeklyDays}, {"monthly", k.MonthlyDays}, {"yearly", k.YearlyDays}} {
		if rule.days > 0 {
			words = append(words, locales.N(ctx, "sources.keep."+rule.key, rule.days))
		}
	}
	if len(words) == 0 {
		return locales.T(ctx, "sources.keep.newest")
	}
	return strings.Join(words, ", ")
}

func proves(ctx context.Context, p backup.Plan) string {
	if p.DrillCron == "" {
		return locales.T(ctx, "sources.plan.proven_on_demand")
	}
	return ScheduleWords(ctx, backup.Schedule{Cron: p.DrillCron, Zone: p.Zone})
}

func grantSQL(f Form) string {
	user := f.Value("user")
	if user == "" {
		user = "levqor_backup"
	}
	return postgres.GrantSQL(user, "")
}

func stepText(ctx context.Context, s source.Step) string {
	switch {
	case s.Key == "":
		return locales.T(ctx, "sources.test.untested")
	case s.State == source.StepFailed:
		return parts.FailureOf(ctx, s.Key, s.Args).Text
	default:
		return locales.T(ctx, s.Key, locales.Pairs(s.Args)...)
	}
}

func stepMend(ctx context.Context, s source.Step) string {
	if s.State != source.StepFailed || s.Key == "" {
		return ""
	}
	return parts.FailureOf(ctx, s.Key, s.Args).Mend
}
