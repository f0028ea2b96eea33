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
	good := Standing{HasPlan: true, RPO: 6 * time.Hour, DrillEvery: 7 * day, NewestCopy: ago(4 * time.Hour), NewestProof: ago(2 * day), ProofPassed: true}
	with := func(change func(*Standing)) Standing { s := good; change(&s); return s }
	for name, c := range map[string]struct {
		s    Standing
		want Protection
	}{
		"a fresh proof and a fresh copy":                {good, Proven},
		"nothing at all":                                {Standing{}, NoPlan},
		"a plan without a copy":                         {Standing{HasPlan: true, RPO: time.Hour}, NoCopy},
		"never drilled":                                 {with(func(s *Standing) { s.NewestProof = time.Time{} }), Unproven},
		"failed proof":                                  {with(func(s *Standing) { s.ProofPassed = false }), ProofFailed},
		"failed proof and an old copy":                  {with(func(s *Standing) { s.ProofPassed = false; s.NewestCopy = ago(30 * day) }), ProofFailed},
		"copy at the objective, backup on its way":      {with(func(s *Standing) { s.NewestCopy = ago(6*time.Hour + 30*time.Minute) }), Proven},
		"copy past the objective and its grace":         {with(func(s *Standing) { s.NewestCopy = ago(6*time.Hour + 37*time.Minute) }), CopyOld},
		"proof at the end of two rounds":                {with(func(s *Standing) { s.NewestProof = ago(14*day + 6*time.Hour) }), Proven},
		"proof past two rounds":                         {with(func(s *Standing) { s.NewestProof = ago(14*day + 6*time.Hour + time.Second) }), ProofOld},
		"on demand, a month":                            {with(func(s *Standing) { s.DrillEvery = 0; s.NewestProof = ago(31 * day) }), Proven},
		"on demand, longer":                             {with(func(s *Standing) { s.DrillEvery = 0; s.NewestProof = ago(31*day + 1) }), ProofOld},
		"paused with all fresh":                         {with(func(s *Standing) { s.Paused = true }), Proven},
		"paused with an old copy":                       {with(func(s *Standing) { s.Paused = true; s.NewestCopy = ago(9 * time.Hour) }), Paused},
		"plan removed, copies left":                     {with(func(s *Standing) { s.HasPlan = false }), NoPlan},
		"a proof from before a clock that was set back": {with(func(s *Standing) { s.NewestProof = now.Add(time.Hour) }), Proven},
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
