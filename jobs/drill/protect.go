package drill

import "time"

// Protection is what may be said of a source. Only Proven is "protected".
type Protection string

const (
	CopyOld      Protection = "copy_old"     // the newest good copy is older than the objective, or from the future
	DrillFailed  Protection = "drill_failed" // the last drill ended without an answer
	Incomplete   Protection = "incomplete"   // the newest good copy lacks something that the source holds
	NoCopy       Protection = "no_copy"      // nothing was backed up yet
	NoPlan       Protection = "no_plan"      // nothing will be
	Paused       Protection = "paused"       // the plan rests, and its proof or copy has grown old
	ProofFailed  Protection = "proof_failed" // the last drill found a difference
	ProofOld     Protection = "proof_old"    // the last proof is older than two drills should make it
	Proven       Protection = "proven"
	ShapeChanged Protection = "shape_changed" // the newest good copy is not like the one that was proven
	Unproven     Protection = "unproven"      // backed up, never drilled
)

// Protections from best to worst: a source counts by its best plan.
var Protections = []Protection{Proven, Unproven, NoCopy, ShapeChanged, ProofOld, Paused, CopyOld, Incomplete, DrillFailed, ProofFailed, NoPlan}

// Attention says whether a person has to do something about it; what is left is
// proven, on its way or at rest.
func (p Protection) Attention() bool {
	switch p {
	case NoCopy, Paused, Proven, Unproven:
		return false
	}
	return true
}

// Answer is how a drill ended.
type Answer int

const (
	NoAnswer Answer = iota // never drilled
	Errored                // the drill could not find out
	Failed                 // the copy did not come back as it was
	Passed
)

// Standing is what the rule looks at. Zero times mean never.
type Standing struct {
	HasPlan     bool
	Paused      bool
	RPO         time.Duration
	DrillEvery  time.Duration // the longest gap of the drill schedule; 0: only on demand
	NewestCopy  time.Time     // of a copy that is present and sound
	Newest      Shape         // that copy's
	Uncovered   bool          // that copy lacks what the source holds, and nobody left it out by name
	LastDrill   Answer        // of the plan's last ended drill, whatever copy it tried
	NewestDrill Answer        // of the last proof of the newest copy itself; never Errored
	ProvenAt    time.Time     // of the newest copy's own passed proof, or else of the last passed one
	ProvenShape Shape         // of the copy that it proved
}

// OnDemandFor is how long a proof counts where no drill is scheduled.
const OnDemandFor = 31 * 24 * time.Hour

// proofGrace leaves a scheduled drill the time to run and be tried again.
const proofGrace = 6 * time.Hour

// ClockSlack is how far in the future a copy or a proof may lie and still count
// as fresh: clocks of two machines differ a little.
const ClockSlack = time.Hour

// Judge says whether a source is protected. It is the one rule; every page,
// count, alert and API answer goes by it. Proven needs all of this:
//   - the last drill passed: one that found a difference, or that ended without
//     an answer, takes the word away until a later one passes
//   - that proof is no older than two rounds of its schedule and six hours, or
//     OnDemandFor without a schedule
//   - the newest good copy (present, not doubted) is no older than the RPO and
//     CopyGrace, and not from the future
//   - that copy was proven itself, or is of the same shape as the one that was
//     (see Shape.Like), which may be gone meanwhile
//   - that copy accounts for everything that the source holds, by name
//
// The reason given is the first that a person would have to mend.
func Judge(s Standing, now time.Time) Protection {
	copyOld := stale(s.NewestCopy, now, s.RPO+CopyGrace(s.RPO))
	proofOld := stale(s.ProvenAt, now, ProofFor(s.DrillEvery))
	switch {
	case s.NewestCopy.IsZero() && !s.HasPlan:
		return NoPlan
	case s.NewestCopy.IsZero():
		return NoCopy
	case s.LastDrill == Failed || s.NewestDrill == Failed:
		return ProofFailed
	case s.LastDrill == Errored:
		return DrillFailed
	case !s.HasPlan:
		return NoPlan
	case s.Paused && (copyOld || proofOld):
		return Paused
	case s.Uncovered:
		return Incomplete
	case copyOld:
		return CopyOld
	case s.ProvenAt.IsZero():
		return Unproven
	case s.NewestDrill != Passed && !s.Newest.Like(s.ProvenShape):
		return ShapeChanged
	case proofOld:
		return ProofOld
	}
	return Proven
}

// stale is older than that, or from the future.
func stale(at, now time.Time, age time.Duration) bool {
	return now.Sub(at) > age || at.Sub(now) > ClockSlack
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
