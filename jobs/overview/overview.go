// Package overview answers what people look at first: what is protected, what
// needs them, what happened in the last thirty days, what comes next. It only
// reads; a home page costs seven queries, each bounded.
package overview

import (
	"time"

	"github.com/google/uuid"

	"levqor/jobs/alert"
	"levqor/jobs/clock"
	"levqor/jobs/db"
	"levqor/jobs/drill"
	"levqor/jobs/task"
)

// Days is how far back the home page looks.
const Days = 30

// MaxSources is how many sources a home page shows, by name.
const MaxSources = 200

// Overview reads facts for the home page, the palette and a source's header.
type Overview struct {
	db    *db.DB
	clock *clock.Clock
}

// New makes the line.
func New(d *db.DB, c *clock.Clock) *Overview { return &Overview{db: d, clock: c} }

// Home is the home page. Times are UTC; Dates are the workspace's local days,
// oldest first, as midnights in UTC.
type Home struct {
	Now       time.Time
	Zone      string
	Sentence  Sentence
	Needs     []Need
	Dates     []time.Time
	Sources   []Source
	Protected []int64 // bytes of the newest copies, at the end of each of Dates
	Stored    int64   // bytes in the vaults, as last measured
	Next      []Run
	Running   []task.Task // queued ones too, newest first, at most 20
	Setup     []Step
}

// Sentence is the headline's facts.
type Sentence struct {
	Total       int
	Proven      int
	Attention   []string   // names of the sources that need a person
	OldestProof *time.Time // among the proven
	Ran         bool       // there is a copy of any of them
	OnTime      bool       // no plan at work owes a copy
}

// Source is a line of the home page.
type Source struct {
	ID         uuid.UUID
	Name       string
	Kind       string
	Protection drill.Protection
	LastProof  *time.Time // of the last drill that passed
	LastDrill  *uuid.UUID // whose proof that is
	NewestCopy *time.Time
	Bytes      int64 // of the newest copy
	Late       bool  // each of its plans owes a copy
	Days       []DayState
}

// Need is something that only a person can do; its words are
// overview.need.<kind>.{title,text,do}. Alert is set for the kinds of package alert.
type Need struct {
	Kind  string
	Name  string // of the source, vault or workflow
	Path  string
	Count int // of failed runs; else 0
	Alert *alert.Alert
}

// What a Need may be besides an alert.Kind.
const (
	NeedAnswer = "approval"        // a run that asks a person
	NeedClock  = "clock"           // deletions are paused until somebody looks at the clock
	NeedKit    = "recovery_kit"    // a vault whose kit nobody has
	NeedPlan   = "no_plan"         // a source that nothing backs up
	NeedRun    = "run_failed"      // a workflow whose runs failed in the last day
	NeedTest   = "untested_source" // a source that was never reached
)

// Run is a backup or drill to come.
type Run struct {
	At       time.Time
	Kind     task.Kind
	SourceID uuid.UUID
	Name     string
	PlanID   uuid.UUID
	Troubled bool // an open alert says that it will hardly go well
}

// Step of setting up; its words are overview.setup.<name>.
type Step struct {
	Name string
	Done bool
	Path string
}
