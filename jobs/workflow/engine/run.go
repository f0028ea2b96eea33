package engine

import (
	"time"

	"github.com/google/uuid"

	"levqor/jobs/fail"
	"levqor/jobs/workflow/class"
	"levqor/jobs/workflow/step"
)

// State of a run.
type State string

const (
	Canceled  State = "canceled"
	Failed    State = "failed"
	Held      State = "held"   // the workspace or the workflow has enough at work
	Queued    State = "queued" // as people see a run whose first job has not claimed it; a row says running
	Running   State = "running"
	Succeeded State = "succeeded"
	Waiting   State = "waiting" // for time, a person, a task: neither job nor slot
)

// Final reports whether nothing more will happen by itself.
func (s State) Final() bool { return s == Canceled || s == Failed || s == Succeeded }

// claimed is a run in the hands of one job.
type claimed struct {
	ID        uuid.UUID
	Workspace uuid.UUID
	Workflow  uuid.UUID
	Version   uuid.UUID
	Number    int64
	Cause     string
	Epoch     int
	Wakes     int
	Take      int
	StepsDone int
	Input     any
	Depth     int
	IsChild   bool // a run waits for it
	Gated     bool // its workflow lets in only so many at once
	StartedAt time.Time
	Deadline  time.Time
	Doubted   bool // brought back with an older database: its next steps may be done
}

// row is a finished step.
type row struct {
	Key     string
	StepID  string
	Kind    string
	State   rowState
	Class   class.Class
	Take    int
	Tries   []Try
	Started time.Time
	Took    time.Duration
	Input   any
	Output  any
	Failure *Failure
}

type rowState string

const (
	rowCaught    rowState = "caught" // failed, and the flow says how to go on
	rowFailed    rowState = "failed"
	rowSucceeded rowState = "succeeded"
)

// wait is what a step of the run waits for.
type wait struct {
	Key    string
	StepID string
	Kind   step.WaitKind
	Open   bool
	Take   int
	Began  time.Time
	Until  time.Time // zero: none
	Ref    uuid.UUID // Nil: none
	Token  []byte
	Input  any
	Hash   string
	Class  class.Class
	Tries  []Try
	Answer map[string]any
}

// Try is one that failed before another followed.
type Try struct {
	At     time.Time      `json:"at"`
	TookUS int64          `json:"took_us"`
	Key    string         `json:"key"`
	Args   map[string]any `json:"args,omitempty"`
}

// Failure is why a step or run failed; its words are Key's, with Args.
type Failure struct {
	Step  string
	Class fail.Class
	Key   string
	Args  map[string]any
}

// failureOf hides what is not meant for people.
func failureOf(stepKey string, err error) *Failure {
	known := asFailure(err)
	if known == nil {
		return &Failure{Step: stepKey, Class: fail.ClassInternal, Key: "task.fail.internal"}
	}
	f := &Failure{Step: stepKey, Class: known.Class, Key: known.Key, Args: known.Args}
	if f.Class == "" {
		f.Class = fail.ClassConfig
	}
	return f
}

// seen is how expressions read a failure.
func (f *Failure) seen() map[string]any {
	return map[string]any{"step": f.Step, "key": f.Key, "class": string(f.Class), "args": plain(f.Args)}
}
