package drill

import (
	"testing"
	"time"
)

func TestJudge(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 10, 42, 0, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	const day = 24 * time.Hour
	shop := Shape{Known: true, Bytes: 1 << 30, Files: 3, Rows: 1_000_000, Tables: 40, Databases: []string{"shop", "crm"}}
	good := Standing{HasPlan: true, RPO: 6 * time.Hour, DrillEvery: 7 * day, NewestCopy: ago(4 * time.Hour), Newest: shop,
		LastDrill: Passed, ProvenAt: ago(2 * day), ProvenShape: shop}
	with := func(change func(*Standing)) Standing { s := good; change(&s); return s }
	for name, c := range map[string]struct {
		s    Standing
		want Protection
	}{
		"a fresh proof and a fresh copy":                {good, Proven},
		"nothing at all":                                {Standing{}, NoPlan},
		"a plan without a copy":                         {Standing{HasPlan: true, RPO: time.Hour}, NoCopy},
		"never drilled":                                 {with(func(s *Standing) { s.LastDrill, s.ProvenAt = NoAnswer, time.Time{} }), Unproven},
		"failed proof":                                  {with(func(s *Standing) { s.LastDrill = Failed }), ProofFailed},
		"failed proof and an old copy":                  {with(func(s *Standing) { s.LastDrill, s.NewestCopy = Failed, ago(30*day) }), ProofFailed},
		"an older copy passed after the newest failed":  {with(func(s *Standing) { s.NewestDrill = Failed }), ProofFailed},
		"the last drill ended in an error":              {with(func(s *Standing) { s.LastDrill = Errored }), DrillFailed},
		"it did, of a copy that was proven before":      {with(func(s *Standing) { s.LastDrill, s.NewestDrill = Errored, Passed }), DrillFailed},
		"the first drill ended in an error":             {with(func(s *Standing) { s.LastDrill, s.ProvenAt = Errored, time.Time{} }), DrillFailed},
		"copy at the objective, backup on its way":      {with(func(s *Standing) { s.NewestCopy = ago(6*time.Hour + 30*time.Minute) }), Proven},
		"copy past the objective and its grace":         {with(func(s *Standing) { s.NewestCopy = ago(6*time.Hour + 37*time.Minute) }), CopyOld},
		"copy from the future":                          {with(func(s *Standing) { s.NewestCopy = ago(-400 * day) }), CopyOld},
		"proof at the end of two rounds":                {with(func(s *Standing) { s.ProvenAt = ago(14*day + 6*time.Hour) }), Proven},
		"proof past two rounds":                         {with(func(s *Standing) { s.ProvenAt = ago(14*day + 6*time.Hour + time.Second) }), ProofOld},
		"proof from the future":                         {with(func(s *Standing) { s.ProvenAt = ago(-400 * day) }), ProofOld},
		"on demand, a month":                            {with(func(s *Standing) { s.DrillEvery = 0; s.ProvenAt = ago(31 * day) }), Proven},
		"on demand, longer":                             {with(func(s *Standing) { s.DrillEvery = 0; s.ProvenAt = ago(31*day + 1) }), ProofOld},
		"paused with all fresh":                         {with(func(s *Standing) { s.Paused = true }), Proven},
		"paused with an old copy":                       {with(func(s *Standing) { s.Paused = true; s.NewestCopy = ago(9 * time.Hour) }), Paused},
		"plan removed, copies left":                     {with(func(s *Standing) { s.HasPlan = false }), NoPlan},
		"a proof from before a clock that was set back": {with(func(s *Standing) { s.ProvenAt = now.Add(time.Hour) }), Proven},
		"something of the source is in no copy":         {with(func(s *Standing) { s.Uncovered = true }), Incomplete},
		"a thousand times larger than what was proven":  {with(func(s *Standing) { s.Newest.Rows *= 1000; s.Newest.Bytes *= 1000 }), ShapeChanged},
		"it is, and was proven itself":                  {with(func(s *Standing) { s.Newest.Rows *= 1000; s.NewestDrill = Passed }), Proven},
		"the copy that was proven is forgotten":         {with(func(s *Standing) { s.ProvenShape = Shape{} }), ShapeChanged},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Judge(c.s, now); got != c.want {
				t.Fatalf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestCopyGrace(t *testing.T) {
	t.Parallel()
	for rpo, want := range map[time.Duration]time.Duration{
		5 * time.Minute:  5 * time.Minute,
		6 * time.Hour:    36 * time.Minute,
		24 * time.Hour:   time.Hour,
		30 * time.Minute: 5 * time.Minute,
	} {
		if got := CopyGrace(rpo); got != want {
			t.Errorf("%s: got %s, want %s", rpo, got, want)
		}
	}
}

func TestShape(t *testing.T) {
	t.Parallel()
	shop := Shape{Known: true, Bytes: 1 << 30, Files: 5000, Rows: 1_000_000, Tables: 400, Databases: []string{"shop", "crm"}}
	for name, c := range map[string]struct {
		change func(*Shape)
		like   bool
	}{
		"the same":                 {func(*Shape) {}, true},
		"names in another order":   {func(s *Shape) { s.Databases = []string{"crm", "shop"} }, true},
		"twice the bytes":          {func(s *Shape) { s.Bytes *= 2 }, true},
		"more than twice":          {func(s *Shape) { s.Bytes = 2*s.Bytes + 1 }, false},
		"half of the rows":         {func(s *Shape) { s.Rows /= 2 }, true},
		"less than half":           {func(s *Shape) { s.Rows = s.Rows/2 - 1 }, false},
		"a third of the tables":    {func(s *Shape) { s.Tables /= 3 }, false},
		"a tenth of the files":     {func(s *Shape) { s.Files /= 10 }, false},
		"no rows at all":           {func(s *Shape) { s.Rows = 0 }, false},
		"a database more":          {func(s *Shape) { s.Databases = []string{"crm", "hr", "shop"} }, false},
		"another database instead": {func(s *Shape) { s.Databases = []string{"crm", "shop2"} }, false},
		"unknown":                  {func(s *Shape) { s.Known = false }, false},
	} {
		other := shop
		c.change(&other)
		if shop.Like(other) != c.like || other.Like(shop) != c.like {
			t.Errorf("%s: not %v", name, c.like)
		}
	}
	small, grown := Shape{Known: true, Bytes: 900, Rows: 3, Files: 1}, Shape{Known: true, Bytes: 90_000, Rows: 900, Files: 40}
	if !small.Like(grown) {
		t.Error("small differences count")
	}
}
