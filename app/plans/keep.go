package plans

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"levqor/jobs/backup"
)

// numbers of a policy by the names of their fields.
func numbers(k *backup.Keep) map[string]*int {
	return map[string]*int{
		"keep.last": &k.Last, "keep.all_days": &k.AllDays, "keep.hourly_days": &k.HourlyDays, "keep.daily_days": &k.DailyDays,
		"keep.weekly_days": &k.WeeklyDays, "keep.monthly_days": &k.MonthlyDays, "keep.yearly_days": &k.YearlyDays,
		"keep.max_age_days": &k.MaxAgeDays, "keep.min_age_days": &k.MinAgeDays,
	}
}

func valuesOf(k backup.Keep) map[string]string {
	values := map[string]string{}
	for name, n := range numbers(&k) {
		values[name] = strconv.Itoa(*n)
	}
	return values
}

func keepOf(values map[string]string) (k backup.Keep) {
	for name, n := range numbers(&k) {
		*n = number(values[name])
	}
	return k
}

// typedKeep is the policy as typed; what was not sent is as in force.
func typedKeep(c *fiber.Ctx, force map[string]string) map[string]string {
	values := map[string]string{}
	for name := range numbers(&backup.Keep{}) {
		values[name] = force[name]
		if sent(c, name) {
			values[name] = strings.TrimSpace(c.FormValue(name))
		}
	}
	return values
}

// sentKeep is the policy as the page's address takes it.
func sentKeep(values map[string]string) string {
	query := url.Values{}
	for name, value := range values {
		query.Set(name, value)
	}
	return query.Encode()
}

func sent(c *fiber.Ctx, name string) bool {
	return c.Request().PostArgs().Has(name) || c.Request().URI().QueryArgs().Has(name)
}
