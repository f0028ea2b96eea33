// Package plans shows when a source is backed up, how long its snapshots are
// kept, and what is promised.
package plans

import (
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"levqor/jobs/backup"
	"levqor/jobs/source"
	"levqor/jobs/vault"
	"levqor/views/layout"
	"levqor/views/parts"
)

// Draft is a plan as somebody types it. Values are by the names of the form's fields.
type Draft struct {
	Values  map[string]string
	Asserts []source.Assertion
}

// Form is making or changing a plan.
type Form struct {
	Frame     layout.Frame
	Source    source.Source
	ID        string // empty: a new one
	Revision  int
	Draft     Draft
	Problems  parts.Problems
	Vaults    []vault.Vault
	Preview   Preview
	Now       *backup.Plan // what somebody else made of it meanwhile
	Confirm   string       // what is wrong with the name typed to delete it
	GraceDays int          // in which a deletion can be undone
}

// Preview is what a draft would do, in words: its sentence and its next runs.
type Preview struct {
	SourceID uuid.UUID
	Name     string // of the source
	Vault    string
	Plan     backup.PlanInput
	Runs     []time.Time // empty: it can't be told
	Zone     *time.Location
	Problem  string // why not
	New      bool
}

// Keeping is the page of what a plan keeps. Values are the policy's numbers as
// typed, Was those in force.
type Keeping struct {
	Frame     layout.Frame
	Retention backup.Retention
	Holds     []backup.Hold
	Values    map[string]string
	Was       map[string]string
	Problems  parts.Problems
	Tabs      []parts.Tab
	CanManage bool
	Moved     bool // somebody else changed the policy meanwhile
	Now       time.Time
}

// Changes counts the numbers that differ from the policy in force.
func (k Keeping) Changes() (n int) {
	for name, was := range k.Was {
		if k.Values[name] != was {
			n++
		}
	}
	return n
}

func (f Form) value(name string) string { return f.Draft.Values[name] }

func (f Form) action() templ.SafeURL {
	if f.ID == "" {
		return templ.SafeURL("/sources/" + f.Source.ID.String() + "/plans")
	}
	return templ.SafeURL("/plans/" + f.ID)
}

func sourceURL(id uuid.UUID) templ.SafeURL { return templ.SafeURL("/sources/" + id.String()) }

func planURL(id uuid.UUID, rest string) templ.SafeURL {
	return templ.SafeURL("/plans/" + id.String() + rest)
}
