package account

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"levqor/jobs/fail"
)

// Role is what a member may do in a workspace; each includes those below it.
type Role string

const (
	RoleOwner    Role = "owner"    // everything, and who else is an owner
	RoleAdmin    Role = "admin"    // sources, vaults, plans, members, tokens
	RoleOperator Role = "operator" // back up, restore, prove, hold
	RoleViewer   Role = "viewer"   // look
)

// Scope is what a token may do; each includes those before it.
type Scope string

const (
	ScopeRead    Scope = "read"
	ScopeOperate Scope = "operate"
	ScopeManage  Scope = "manage"
	ScopeAdmin   Scope = "admin" // also: restore over live data, move the test clock
)

// Power is what an action asks for.
type Power int

const (
	View Power = iota + 1
	Operate
	Manage
	Own
)

// ActorKind says who acts.
type ActorKind string

const (
	KindAdmin  ActorKind = "admin"
	KindPerson ActorKind = "person"
	KindSystem ActorKind = "system"
	KindToken  ActorKind = "token"
)

// StepUpFor is how long "confirm it is you" lasts.
const StepUpFor = 10 * time.Minute

// Actor is who asks for something, in which workspace. Every exported function
// of a line that changes or shows tenant data takes one and asks Require first.
type Actor struct {
	Kind        ActorKind
	ID          uuid.UUID // of the user or the token
	Name        string
	Workspace   uuid.UUID
	Role        Role      // of the person, or of the token's owner: a token may no more than he
	Scopes      []Scope   // tokens
	Session     uuid.UUID // people
	SteppedUpAt time.Time
	RequestID   string
}

// System acts for Levqor itself in one workspace: schedules, follow-ups.
func System(workspace uuid.UUID) Actor {
	return Actor{Kind: KindSystem, Name: "Levqor", Workspace: workspace}
}

// Can reports whether the actor has the power.
func (a Actor) Can(power Power) bool {
	switch a.Kind {
	case KindSystem:
		return true
	case KindToken:
		return min(a.scopePower(), rolePower(a.Role)) >= power
	case KindPerson:
		return rolePower(a.Role) >= power
	default:
		return false
	}
}

// Require is a Forbidden failure unless the actor has the power.
func (a Actor) Require(power Power) error {
	if a.Can(power) {
		return nil
	}
	return fail.New(fail.Forbidden, "fail.forbidden")
}

// RequireStepUp is a StepUp failure unless a person confirmed who they are
// within StepUpFor. A token can't step up: it needs the admin scope.
func (a Actor) RequireStepUp(now time.Time) error {
	switch {
	case a.Kind == KindSystem, a.Kind == KindToken && slices.Contains(a.Scopes, ScopeAdmin) && a.Can(Own):
		return nil
	case a.Kind == KindPerson && !a.SteppedUpAt.IsZero() && now.Sub(a.SteppedUpAt) < StepUpFor:
		return nil
	}
	return fail.New(fail.StepUp, "fail.step_up")
}

func (a Actor) scopePower() Power {
	powers := map[Scope]Power{ScopeRead: View, ScopeOperate: Operate, ScopeManage: Manage, ScopeAdmin: Own}
	var most Power
	for _, scope := range a.Scopes {
		most = max(most, powers[scope])
	}
	return most
}

func rolePower(role Role) Power {
	switch role {
	case RoleOwner:
		return Own
	case RoleAdmin:
		return Manage
	case RoleOperator:
		return Operate
	case RoleViewer:
		return View
	default:
		return 0
	}
}
