package postgres

import (
	"encoding/json"
	"testing"
	"time"
)

// TestARoleThatNobodyChangedIsTheSame compares what a server says with what a copy
// recorded of it, which leaves empty lists out.
func TestARoleThatNobodyChangedIsTheSame(t *testing.T) {
	t.Parallel()
	until, yes := time.Date(2030, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600)), true
	for name, has := range map[string]RoleAttributes{
		"with nothing":      {ConnectionLimit: -1, Settings: []string{}, Memberships: []Membership{}},
		"with all of it":    {Login: true, ConnectionLimit: 4, ValidUntil: &until, Settings: []string{"work_mem=64MB"}, Memberships: []Membership{{Group: "readers", Admin: true}}},
		"on a newer server": {ConnectionLimit: -1, Memberships: []Membership{{Group: "readers", Inherit: &yes, Set: &yes}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := json.Marshal(has)
			if err != nil {
				t.Fatal(err)
			}
			var recorded RoleAttributes
			if err := json.Unmarshal(text, &recorded); err != nil {
				t.Fatal(err)
			}
			if !same(Role{Attributes: &recorded}, Role{Attributes: &has}) {
				t.Errorf("%s is told to differ", text)
			}
			if has.Memberships = append([]Membership{{Group: "writers"}}, has.Memberships...); same(Role{Attributes: &recorded}, Role{Attributes: &has}) {
				t.Error("a new membership is not seen")
			}
		})
	}
}
