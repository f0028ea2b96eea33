package plans

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"levqor/jobs/backup"
	"levqor/jobs/vault"
	"levqor/locales"
	"levqor/views/parts"
)

// OwnCron is the choice of a proof schedule that the person writes.
const OwnCron = "own"

// Proofs are the usual proof schedules; "" is none.
var Proofs = []string{"0 4 * * *", "0 4 * * SUN", "0 4 1 * *", ""}

func schedule(in backup.PlanInput) backup.Schedule {
	return backup.Schedule{Cron: in.Cron, Every: time.Duration(in.EveryMinutes) * time.Minute, Zone: in.Zone}
}

func intervals(ctx context.Context, chosen string) []parts.Option {
	return minutes(chosen, []int{5, 15, 30, 60, 120, 180, 240, 360, 480, 720, 1440, 10080}, func(d time.Duration) string {
		return ScheduleWords(ctx, backup.Schedule{Every: d})
	})
}

func objectives(ctx context.Context, chosen string) []parts.Option {
	return minutes(chosen, []int{15, 30, 60, 120, 240, 360, 720, 1440, 2880, 10080}, func(d time.Duration) string {
		return locales.Duration(ctx, d)
	})
}

// minutes offers the usual ones and the one that is chosen.
func minutes(chosen string, usual []int, label func(time.Duration) string) []parts.Option {
	if own, err := strconv.Atoi(chosen); err == nil && own > 0 && !slices.Contains(usual, own) {
		usual = append(slices.Clone(usual), own)
		slices.Sort(usual)
	}
	options := make([]parts.Option, len(usual))
	for i, n := range usual {
		options[i] = parts.Option{Value: strconv.Itoa(n), Label: label(time.Duration(n) * time.Minute)}
	}
	return options
}

func proofs(ctx context.Context) []parts.Option {
	var options []parts.Option
	for _, cron := range Proofs {
		options = append(options, parts.Option{Value: cron, Label: ProofWords(ctx, cron, "")})
	}
	return append(options, parts.Option{Value: OwnCron, Label: locales.T(ctx, "plans.form.by_cron")})
}

func vaultOptions(ctx context.Context, vaults []vault.Vault) []parts.Option {
	var options []parts.Option
	for _, v := range vaults {
		option := parts.Option{Value: v.ID.String(), Label: v.Name}
		if v.State == vault.Failed {
			option.Label, option.Disabled = locales.T(ctx, "plans.form.vault_failed", "name", v.Name), true
		}
		options = append(options, option)
	}
	return options
}

// rule is one number of a policy; Most is how far its slider reaches.
type rule struct {
	Name  string
	Most  int
	Rare  bool // folded away until it is used
	Lock  bool
	Count bool // of copies, not days
}

var rules = []rule{
	{Name: "all_days", Most: 14},
	{Name: "daily_days", Most: 90},
	{Name: "weekly_days", Most: 365},
	{Name: "monthly_days", Most: 1095},
	{Name: "min_age_days", Most: 90, Lock: true},
	{Name: "last", Most: 50, Rare: true, Count: true},
	{Name: "hourly_days", Most: 14, Rare: true},
	{Name: "yearly_days", Most: 3650, Rare: true},
	{Name: "max_age_days", Most: 3650, Rare: true},
}

func (r rule) field() string { return "keep." + r.Name }

func split(rare bool) (found []rule) {
	for _, r := range rules {
		if r.Rare == rare {
			found = append(found, r)
		}
	}
	return found
}

// opened reports whether a rarely used rule is in use or wrong.
func opened(values map[string]string, problems parts.Problems) bool {
	return slices.ContainsFunc(split(true), func(r rule) bool {
		return values[r.field()] != "0" && values[r.field()] != "" || problems.For(r.field()) != ""
	})
}

// unit is what the number counts.
func (r rule) unit(ctx context.Context) string {
	switch {
	case r.Count:
		return locales.T(ctx, "plans.rule.copies")
	case r.Name == "max_age_days":
		return locales.T(ctx, "plans.rule.days_or_none")
	default:
		return locales.T(ctx, "plans.rule.days")
	}
}

// keepMore leads to the page that shows what a change would delete.
func keepMore(f Form) templ.SafeURL {
	if f.ID == "" {
		return ""
	}
	return templ.SafeURL("/plans/" + f.ID + "/retention")
}
