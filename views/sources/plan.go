package sources

import (
	"context"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"levqor/jobs/backup"
	"levqor/jobs/vault"
	"levqor/locales"
	"levqor/views/parts"
)

var keepRules = []string{"all_days", "daily_days", "weekly_days", "monthly_days", "yearly_days", "min_age_days"}

func (f PlanForm) action() templ.SafeURL {
	if f.ID == "" {
		return templ.SafeURL("/sources/" + f.Source.ID.String() + "/plans")
	}
	return templ.SafeURL("/plans/" + f.ID)
}

func (f PlanForm) button(ctx context.Context) string {
	if f.ID == "" {
		return locales.T(ctx, "sources.plan.start")
	}
	return locales.T(ctx, "sources.plan.save")
}

func intervals(ctx context.Context) []parts.Option {
	options := []parts.Option{{Value: "0", Label: locales.T(ctx, "sources.plan.by_cron")}}
	for _, minutes := range []int{5, 15, 30, 60, 120, 180, 240, 360, 480, 720, 1440, 10080} {
		label := ScheduleWords(ctx, backup.Schedule{Every: time.Duration(minutes) * time.Minute, Zone: "UTC"})
		options = append(options, parts.Option{Value: strconv.Itoa(minutes), Label: label})
	}
	return options
}

func vaultOptions(vaults []vault.Vault) []parts.Option {
	var options []parts.Option
	for _, v := range vaults {
		options = append(options, parts.Option{Value: v.ID.String(), Label: v.Name, Disabled: v.State == vault.Failed})
	}
	return options
}

func zoneOptions(f PlanForm) []parts.Option {
	var options []parts.Option
	found := false
	for _, zone := range f.Zones {
		options = append(options, parts.Option{Value: zone, Label: zone})
		found = found || zone == f.Values["time_zone"]
	}
	if own := f.Values["time_zone"]; !found && own != "" {
		options = append(options, parts.Option{Value: own, Label: own})
	}
	return options
}

func objectives(ctx context.Context, chosen string) []parts.Option {
	usual := []int{15, 30, 60, 120, 240, 360, 720, 1440, 2880, 10080}
	var options []parts.Option
	found := false
	for _, minutes := range usual {
		value := strconv.Itoa(minutes)
		found = found || value == chosen
		options = append(options, parts.Option{Value: value, Label: locales.Duration(ctx, time.Duration(minutes)*time.Minute)})
	}
	if minutes, err := strconv.Atoi(chosen); err == nil && !found {
		options = append(options, parts.Option{Value: chosen, Label: locales.Duration(ctx, time.Duration(minutes)*time.Minute)})
	}
	return options
}

func proofOptions(ctx context.Context, chosen string) []parts.Option {
	options := []parts.Option{{Value: "", Label: locales.T(ctx, "sources.plan.proven_on_demand")}}
	found := chosen == ""
	for _, cron := range []string{"0 4 * * *", "0 4 * * SUN", "0 4 1 * *"} {
		found = found || cron == chosen
		options = append(options, parts.Option{Value: cron, Label: ScheduleWords(ctx, backup.Schedule{Cron: cron, Zone: "UTC"})})
	}
	if !found {
		options = append(options, parts.Option{Value: chosen, Label: ScheduleWords(ctx, backup.Schedule{Cron: chosen, Zone: "UTC"})})
	}
	return options
}
