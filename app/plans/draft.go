package plans

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"levqor/jobs/backup"
	"levqor/jobs/source"
	views "levqor/views/plans"
)

// draftOf is a plan as its form shows it.
func draftOf(in backup.PlanInput) views.Draft {
	d := views.Draft{Asserts: in.Assertions, Values: valuesOf(in.Keep)}
	maps.Copy(d.Values, map[string]string{
		"cron": in.Cron, "drill_cron": in.DrillCron, "every_minutes": strconv.Itoa(in.EveryMinutes), "proof": in.DrillCron,
		"rpo_minutes": strconv.Itoa(in.RPOMinutes), "rto_minutes": strconv.Itoa(in.RTOMinutes), "schedule": "interval",
		"time_zone": in.Zone, "vault_id": in.VaultID.String(),
	})
	if in.Cron != "" {
		d.Values["schedule"], d.Values["every_minutes"] = "cron", "360"
	}
	if !slices.Contains(views.Proofs, in.DrillCron) {
		d.Values["proof"] = views.OwnCron
	}
	return d
}

func inputOf(p backup.Plan) backup.PlanInput {
	return backup.PlanInput{SourceID: p.SourceID, VaultID: p.VaultID, Cron: p.Cron, EveryMinutes: p.EveryMinutes, Zone: p.Zone,
		RPOMinutes: p.RPOMinutes, RTOMinutes: p.RTOMinutes, Keep: p.Keep, DrillCron: p.DrillCron, Assertions: p.Assertions}
}

// typed reads the form, or its fields in the address.
func typed(c *fiber.Ctx) views.Draft {
	d := views.Draft{Values: map[string]string{}}
	for _, name := range []string{"cron", "drill_cron", "every_minutes", "proof", "rpo_minutes", "rto_minutes", "schedule", "time_zone", "vault_id"} {
		d.Values[name] = strings.TrimSpace(c.FormValue(name))
	}
	maps.Copy(d.Values, typedKeep(c, nil))
	names, databases, queries := all(c, "assert_name"), all(c, "assert_database"), all(c, "assert_query")
	for i := range min(len(names), len(databases), len(queries)) {
		a := source.Assertion{Name: names[i], Database: databases[i], Query: queries[i]}
		if a != (source.Assertion{}) {
			d.Asserts = append(d.Asserts, a)
		}
	}
	return d
}

func all(c *fiber.Ctx, name string) (values []string) {
	for _, raw := range slices.Concat(c.Request().PostArgs().PeekMulti(name), c.Request().URI().QueryArgs().PeekMulti(name)) {
		values = append(values, strings.TrimSpace(string(raw)))
	}
	return values
}

// sentForm is the form as its page's address takes it, as far as an address reaches.
func sentForm(c *fiber.Ctx) string {
	const longest = 6000
	query := url.Values{}
	for name, value := range c.Request().PostArgs().All() {
		if key := string(name); key != "csrf" && key != "revision" {
			query.Add(key, string(value))
		}
	}
	if text := query.Encode(); len(text) <= longest {
		return text
	}
	return ""
}

// input is what the draft asks for. A number that is none becomes -1, which the
// domain refuses in its own words.
func input(d views.Draft, source uuid.UUID) backup.PlanInput {
	vault, _ := uuid.Parse(d.Values["vault_id"]) // a wrong one is a vault that is not there
	in := backup.PlanInput{SourceID: source, VaultID: vault, Zone: d.Values["time_zone"], RPOMinutes: number(d.Values["rpo_minutes"]),
		RTOMinutes: number(d.Values["rto_minutes"]), Keep: keepOf(d.Values), DrillCron: d.Values["proof"], Assertions: d.Asserts}
	if d.Values["schedule"] == "cron" {
		in.Cron = d.Values["cron"]
	} else {
		in.EveryMinutes = number(d.Values["every_minutes"])
	}
	if in.DrillCron == views.OwnCron {
		in.DrillCron = d.Values["drill_cron"]
	}
	for i, a := range in.Assertions {
		if a.Name == "" {
			in.Assertions[i].Name = firstLetters(a.Query, 80)
		}
	}
	return in
}

func number(text string) int {
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return -1
	}
	return n
}

func scheduleOf(in backup.PlanInput) backup.Schedule {
	return backup.Schedule{Cron: in.Cron, Every: time.Duration(in.EveryMinutes) * time.Minute, Zone: in.Zone}
}

func firstLetters(text string, n int) string {
	letters := []rune(text)
	return string(letters[:min(len(letters), n)])
}
