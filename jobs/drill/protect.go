package drill

import "time"

// Protection is what may be said of a source. Only Proven is "protected".
type Protection string

const (
	CopyOld     Protection = "copy_old"     // the newest copy is older than the objective
	NoCopy      Protection = "no_copy"      // nothing was backed up yet
	NoPlan      Protection = "no_plan"      // nothing will be
	Paused      Protection = "paused"       // the plan rests, and its proof or copy has grown old
	ProofFailed Protection = "proof_failed" // the last drill found a difference
	ProofOld    Protection = "proof_old"    // the last proof is older than two drills should make it
	Proven      Protection = "proven"
	Unproven    Protection = "unproven" // backed up, never drilled
)

// Standing is what the rule looks at. Zero times mean never.
type Standing struct {
	HasPlan     bool
	Paused      bool
	RPO         time.Duration
	DrillEvery  time.Duration // the longest gap of the drill schedule; 0: only on demand
	NewestCopy  time.Time     // of a good snapshot
	NewestProof time.Time     // of the last drill that has one
	ProofPassed bool          // that one
}

// OnDemandFor is how long a proof counts where no drill is scheduled.
const OnDemandFor = 31 * 24 * time.Hour

// proofGrace leaves a scheduled drill the time to run and be tried again.
const proofGrace = 6 * time.Hour

// Judge says whether a source is protected: its last drill passed and is no
// older than two rounds of its schedule and a grace of six hours, and a good
// copy is within the RPO and CopyGrace. The reason given is the first that a
// person would have to mend.
func Judge(s Standing, now time.Time) Protection {
	copyOld := now.Sub(s.NewestCopy) > s.RPO+CopyGrace(s.RPO)
	proofOld := now.Sub(s.NewestProof) > ProofFor(s.DrillEvery)
	switch {
	case s.NewestCopy.IsZero() && !s.HasPlan:
		return NoPlan
	case s.NewestCopy.IsZero():
		return NoCopy
	case !s.NewestProof.IsZero() && !s.ProofPassed:
		return ProofFailed
	case !s.HasPlan:
		return NoPlan
	case s.Paused && (copyOld || proofOld):
		return Paused
	case copyOld:
		return CopyOld
	case s.NewestProof.IsZero():
		return Unproven
	case proofOld:
		return ProofOld
	}
	return Proven
}

// ProofFor is how long a passed proof counts.
func ProofFor(drillEvery time.Duration) time.Duration {
	if drillEvery <= 0 {
		return OnDemandFor
	}
	return 2*drillEvery + proofGrace
}

// CopyGrace is the time a backup may take to begin and finish before its plan
// counts as late: a tenth of the objective, five minutes at least, an hour at
// most. Without it a plan whose interval is its objective would be late daily.
func CopyGrace(rpo time.Duration) time.Duration {
	return min(max(rpo/10, 5*time.Minute), time.Hour)
}
