// Package alert tells people what is wrong with their protection, once, with
// the way to mend it, and once more when it is over.
//
// One row is one thing that is wrong now: a plan, or a vault, and a kind. Failures
// that repeat are counted on it. It follows the ends of tasks (Consider) and the
// passing of time (SweepOverdue, SweepStanding).
package alert

import (
	"cmp"
	"time"

	"github.com/google/uuid"

	"levqor/jobs/clock"
	"levqor/jobs/db"
	"levqor/jobs/fail"
	"levqor/jobs/live"
	"levqor/jobs/mail"
)

// Topic is told when alerts or notifications of a workspace change.
const Topic live.Topic = "alerts"

// Kind says what is wrong.
type Kind string

const (
	BackupFailed  Kind = "backup_failed"
	BackupOverdue Kind = "backup_overdue" // the newest copy is older than the RPO and its grace
	Incomplete    Kind = "incomplete"     // the newest copy lacks something that the source holds
	ProofFailed   Kind = "proof_failed"   // a drill found a difference, or could not run
	ProofOld      Kind = "proof_old"      // no drill passed for longer than a proof counts
	ShapeChanged  Kind = "shape_changed"  // the newest copy is not like the one that was proven
	VaultDamaged  Kind = "vault_damaged"  // a vault lost something of what was written
)

// Alert is one thing that is wrong with a plan of a source, or with a vault. Its
// words are FailureKey's text and mend; those of a plan that no task failed for
// are alert.fail.<what>.
type Alert struct {
	ID          uuid.UUID
	Kind        Kind
	SourceID    uuid.UUID // Nil: it is about a vault
	SourceName  string    // with the vault's name where a source has several plans
	SourceKind  string
	PlanID      uuid.UUID // Nil, as SourceID
	VaultID     uuid.UUID // Nil: it is about a plan
	VaultName   string
	TaskID      *uuid.UUID // of the last failure; nil where no task failed
	FailureKey  string
	FailureArgs map[string]any
	Class       fail.Class // of the last failure; empty where no task failed or checks differ
	Times       int
	OpenedAt    time.Time
	LastAt      time.Time
	ResolvedAt  *time.Time
	NewestCopy  *time.Time // of a good snapshot of the plan
	RPO         time.Duration
}

// Name is that of the source or the vault.
func (a Alert) Name() string { return cmp.Or(a.SourceName, a.VaultName) }

// Path is the page where it is mended.
func (a Alert) Path() string {
	if a.Kind == VaultDamaged {
		return vaultPath(a.VaultID)
	}
	return mendPath(a.Kind, a.Class, a.SourceID, a.TaskID)
}

func vaultPath(id uuid.UUID) string { return "/vaults/" + id.String() }

// mendPath leads to the settings where only new settings help, else to the run.
func mendPath(kind Kind, class fail.Class, sourceID uuid.UUID, taskID *uuid.UUID) string {
	switch {
	case kind == BackupOverdue || taskID == nil:
		return "/sources/" + sourceID.String()
	case class == fail.ClassConfig, class == fail.ClassCredentials, class == fail.ClassGone:
		return "/sources/" + sourceID.String() + "/settings"
	case kind == ProofFailed:
		return "/drills/" + taskID.String()
	default:
		return "/backups/" + taskID.String()
	}
}

// Alerts opens, groups and resolves alerts, and keeps the bell's list.
type Alerts struct {
	db    *db.DB
	clock *clock.Clock
	mails *mail.Mails
}

// New makes the line.
func New(d *db.DB, c *clock.Clock, mails *mail.Mails) *Alerts {
	return &Alerts{db: d, clock: c, mails: mails}
}
