// Package step declares every trigger and kind of step once: its settings, its
// output, how dangerous it is, how long it may take, and what it does. Validation,
// editor, API and engine all read it here. One file a kind.
//
// Words are put together by words.go.
package step

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/workflow/class"
)

// Mode says how the engine runs a kind.
type Mode int

const (
	Logic   Mode = iota // the engine's own: branches, loops, the end
	Pure                // computes; nothing outside sees it
	Inside              // writes rows of ours, in the transaction that records the step
	Outside             // reaches outside first, and is recorded after
)

// Shape says which branches a step has.
type Shape string

const (
	Plain Shape = ""
	YesNo Shape = "yes_no" // two, named yes and no
	Cases Shape = "cases"  // any number with a condition each, and else
	Body  Shape = "body"   // one, named each
	Lanes Shape = "lanes"  // two or more, side by side
)

// Spec declares a kind of step.
type Spec struct {
	Kind    string
	Group   string // of the "add a step" list: backups, data, logic, outside, people
	Icon    string // lucide's name
	Mode    Mode
	Shape   Shape
	Fields  []Field
	Output  []Output
	Class   class.Class
	Timeout time.Duration // of one try, or of a wait
	Tries   int           // 1: none again
	Asks    bool          // a person's answer is what it is for: a no is an output, not a failure
	First   time.Duration // wait before the second try; doubles

	// Classify says how dangerous the step is as rendered; nil: Class.
	Classify func(ctx context.Context, call Call) (class.Class, error)
	// Reach names whom a step of class C touches: what "always allow" is bound to.
	// nil: it is asked about each time.
	Reach func(config map[string]any) string
	// Check finds what the fields alone don't say; names are those of Fields.
	Check func(config map[string]any) []Problem
	// Do is the work of Pure and Outside kinds.
	Do func(ctx context.Context, call Call) (any, error)
	// Begin is the work of Inside kinds; it returns the output, or what to wait for.
	Begin func(ctx context.Context, tx pgx.Tx, call Call) (any, *Wait, error)
	// Resume makes the output of what the step waited for.
	Resume func(ctx context.Context, call Call, answer map[string]any) (any, error)
}

// Call is one execution of a step.
type Call struct {
	Workspace uuid.UUID
	Workflow  uuid.UUID
	Run       uuid.UUID
	RunNumber int64
	Depth     int    // how many workflows started one another above this run
	Key       string // of the step within the run, iterations included
	Token     string // the same on every delivery of this effect
	Config    map[string]any
	Now       time.Time
}

// Wait is what a begun step waits for.
type Wait struct {
	Kind  WaitKind
	Until time.Time      // zero: no deadline
	Ref   uuid.UUID      // the task or run
	Token []byte         // hash of a callback's address
	Shown map[string]any // to be seen with its settings while it waits
}

// WaitKind is what ends a wait.
type WaitKind string

const (
	WaitApproval WaitKind = "approval"
	WaitCallback WaitKind = "callback"
	WaitDelay    WaitKind = "delay"
	WaitIntent   WaitKind = "intent"
	WaitRetry    WaitKind = "retry"
	WaitRun      WaitKind = "run"
	WaitTask     WaitKind = "task"
	WaitUnknown  WaitKind = "unknown"
)

// Output is a part of a step's output that later steps can read.
type Output struct {
	Name string
	Type string // any, bool, list, map, number, text, time
}

// Problem is a wrong setting; Key is a locale key.
type Problem struct {
	Field string
	Key   string
	Args  map[string]any
}
