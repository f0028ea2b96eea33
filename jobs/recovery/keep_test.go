package recovery

import (
	"strconv"
	"testing"
	"time"

	"levqor/jobs/vault/kopia"
)

// TestSpent: what is dropped is little, old, and never the only one of its day or
// month, whatever the clock did.
func TestSpent(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	hourly := func(days int) (all []kopia.Kept) {
		for i := range days * 24 {
			all = append(all, kopia.Kept{ID: strconv.Itoa(i), Source: sourceName, Complete: true, Start: now.Add(-time.Duration(i) * time.Hour)})
		}
		return all
	}
	for _, c := range []struct {
		promise string
		all     []kopia.Kept
		want    int
	}{
		{"none of nothing", nil, 0},
		{"none of two days", hourly(2), 0},
		{"two at once of many", hourly(90), mostDropped},
		{"none that is not ours", []kopia.Kept{{ID: "x", Source: "other", Complete: true, Start: now.AddDate(-1, 0, 0)}, {ID: "y", Source: "other", Complete: true, Start: now.AddDate(-1, 0, 0)}}, 0},
		{"two at most when the clock jumps", append(hourly(40), kopia.Kept{ID: "ahead", Source: sourceName, Complete: true, Start: now.AddDate(1, 1, 5)}), mostDropped},
	} {
		if got := spent(c.all); len(got) != c.want {
			t.Errorf("%s: %v", c.promise, got)
		}
	}
	t.Run("in the long run one a day stays, then one a month", func(t *testing.T) {
		all := hourly(200)
		for ids := spent(all); len(ids) > 0; ids = spent(all) {
			gone := map[string]bool{}
			for _, id := range ids {
				gone[id] = true
			}
			var left []kopia.Kept
			for _, k := range all {
				if !gone[k.ID] {
					left = append(left, k)
				}
			}
			all = left
		}
		days, months := map[string]bool{}, map[string]bool{}
		for _, k := range all {
			days[k.Start.Format(time.DateOnly)], months[k.Start.Format("2006-01")] = true, true
		}
		if len(months) != 7 || len(days) < 60 || len(all) > 48+60+10 {
			t.Errorf("%d dumps of %d days in %d months are left", len(all), len(days), len(months))
		}
	})
}
