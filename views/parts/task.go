package parts

import (
	"context"
	"time"

	"github.com/a-h/templ"

	"levqor/locales"
)

// LogLine is one line of a task's log, translated already.
type LogLine struct {
	At   time.Time
	Text string
	Tone Tone // Bad and Warn stand out
}

// TaskProps is any long work as a card, live while it goes on. The page asks for
// the topic (layout.Frame.Topics); the card asks for itself again when Event comes.
// Sizes are bytes, Rate bytes a second; 0 leaves a figure out.
type TaskProps struct {
	ID         string
	Status     Status
	Title      string        // "Backup by Naomi"
	StartedAt  *time.Time    // shown behind the title
	Label      string        // of the bar: "Backup of shop-db"
	Doing      string        // phase in words: "Reading"
	Current    string        // the object being worked on
	Percent    int           // 0–100
	Known      bool          // Percent is known
	Left       time.Duration // 0: nobody knows
	BytesDone  int64
	BytesTotal int64
	Stored     int64
	Rate       int64
	ItemsDone  int64
	ItemsTotal int64
	ItemsLabel string // "Tables"
	DoneLabel  string // "Read" unless set
	Canceling  bool
	CancelURL  templ.SafeURL // "": can't be cancelled
	RetryAt    *time.Time
	Failure    Failure
	Mend       Action          // where the failure is mended
	Note       templ.Component // what to do next, once it is over
	Phases     []Phase
	Log        []LogLine
	LogOpen    bool
	Event      string // live event, "task-<id>"; "" when it is over
	RefreshURL string // answers with this card
}

// Phase is one step of long work.
type Phase struct {
	Label string
	State StepState
}

// StepState of a phase or a step.
type StepState string

const (
	StepDone   StepState = "done"
	StepFailed StepState = "failed"
	StepNow    StepState = "now"
	StepTodo   StepState = "todo"
)

func (s StepState) icon() string {
	switch s {
	case StepDone:
		return "circle-check"
	case StepFailed:
		return "circle-x"
	case StepNow:
		return "loader-circle"
	default:
		return "circle-dashed"
	}
}

// Step of a Stepper.
type Step struct {
	Label string
	Note  string
	URL   templ.SafeURL
	State StepState
	Here  bool // the step that the page shows
}

// Live is the hx-trigger of a part that follows an event of the page's stream; it
// also fires after the stream was interrupted.
func Live(event string) string {
	return event + " from:#live, refresh from:#live"
}

func (t TaskProps) running() bool { return t.Status == StatusRunning }

// bare reports whether there is nothing to say below the title.
func (t TaskProps) bare() bool {
	return !t.running() && t.Status != StatusQueued && t.RetryAt == nil && t.Failure.Text == "" && len(t.Phases)+len(t.Log) == 0 && t.Note == nil
}

// heard is what a screen reader is told of the progress.
func (t TaskProps) heard(ctx context.Context) string {
	if !t.Known {
		return t.Doing
	}
	if t.Left > 0 {
		return locales.T(ctx, "parts.task.progress", "percent", t.Percent, "left", locales.Duration(ctx, t.Left))
	}
	return locales.T(ctx, "parts.task.progress_only", "percent", t.Percent)
}

func amount[W locales.Whole](done, total W, write func(W) string, of func(done, total string) string) string {
	if total <= 0 {
		return write(done)
	}
	return of(write(done), write(total))
}

func (t TaskProps) bytes(ctx context.Context) string {
	return amount(t.BytesDone, t.BytesTotal, func(n int64) string { return locales.Bytes(ctx, n) }, of(ctx))
}

func (t TaskProps) items(ctx context.Context) string {
	return amount(t.ItemsDone, t.ItemsTotal, func(n int64) string { return locales.Number(ctx, n) }, of(ctx))
}

func of(ctx context.Context) func(done, total string) string {
	return func(done, total string) string {
		return locales.T(ctx, "parts.task.of", "done", done, "total", total)
	}
}
