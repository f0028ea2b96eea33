package backup

// Ground is what may have a say on whether a snapshot stays.
type Ground string

const (
	GroundErasure    Ground = "erasure"     // somebody who may asked for its deletion
	GroundHold       Ground = "hold"        // a legal hold
	GroundMinAge     Ground = "min_age"     // younger than the minimum age
	GroundObjectLock Ground = "object_lock" // its bucket refuses until then
	GroundRules      Ground = "rules"       // what its plan keeps
	GroundTier       Ground = "tier"        // older than the subscription reaches
	GroundUnpaid     Ground = "unpaid"      // the subscription ended long ago
)

// precedence settles every conflict: the strongest ground that has a say decides.
var precedence = [...]Ground{GroundHold, GroundObjectLock, GroundMinAge, GroundErasure, GroundUnpaid, GroundTier, GroundRules}

// Settle decides between grounds that say keep (true) or let go; those without a
// say are left out. What nobody speaks of stays.
func Settle(say map[Ground]bool) (keep bool, by Ground) {
	for _, ground := range precedence {
		if keep, speaks := say[ground]; speaks {
			return keep, ground
		}
	}
	return true, ""
}
