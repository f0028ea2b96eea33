package parts

// Tone is the colour of a state; it never comes without an icon and a word.
type Tone string

const (
	Bad     Tone = "error"
	Good    Tone = "success"
	Neutral Tone = "neutral"
	Now     Tone = "info"
	Warn    Tone = "warning"
)

// Status is a state that has a badge of its own; words are parts.status.<status>.
type Status string

const (
	StatusBackedUp Status = "backed_up"
	StatusCanceled Status = "canceled"
	StatusDone     Status = "done"
	StatusExpired  Status = "expired"
	StatusFailed   Status = "failed"
	StatusHeld     Status = "held"
	StatusLate     Status = "late"
	StatusNever    Status = "never"
	StatusOK       Status = "ok"
	StatusPaused   Status = "paused"
	StatusProven   Status = "proven"
	StatusQueued   Status = "queued"
	StatusRetrying Status = "retrying"
	StatusRunning  Status = "running"
	StatusUnproven Status = "unproven"
	StatusWaiting  Status = "waiting"
	StatusWarning  Status = "warning"
)

type look struct {
	tone Tone
	icon string
}

// look is how a state is drawn.
func (s Status) look() look {
	switch s {
	case StatusBackedUp, StatusDone, StatusOK:
		return look{Good, "circle-check"}
	case StatusFailed:
		return look{Bad, "circle-x"}
	case StatusHeld:
		return look{Now, "lock"}
	case StatusLate:
		return look{Warn, "clock"}
	case StatusPaused:
		return look{Neutral, "pause"}
	case StatusProven:
		return look{Good, "shield-check"}
	case StatusQueued:
		return look{Neutral, "hourglass"}
	case StatusWaiting:
		return look{Warn, "hourglass"}
	case StatusRetrying:
		return look{Warn, "refresh-cw"}
	case StatusRunning:
		return look{Now, "loader-circle"}
	case StatusUnproven:
		return look{Neutral, "shield"}
	case StatusWarning:
		return look{Warn, "triangle-alert"}
	default:
		return look{Neutral, "circle-dashed"}
	}
}

// StatusOf a task's state: "succeeded" is done, the others are their own name.
func StatusOf[S ~string](state S) Status {
	if state == "succeeded" {
		return StatusDone
	}
	return Status(state)
}

func (t Tone) badge() string {
	switch t {
	case Bad:
		return "badge badge-soft badge-error"
	case Good:
		return "badge badge-soft badge-success"
	case Now:
		return "badge badge-soft badge-info"
	case Warn:
		return "badge badge-soft badge-warning"
	default:
		return "badge badge-soft badge-neutral"
	}
}

func (t Tone) text() string {
	switch t {
	case Bad:
		return "text-error"
	case Good:
		return "text-success"
	case Now:
		return "text-info"
	case Warn:
		return "text-warning"
	default:
		return "text-muted"
	}
}

func (t Tone) icon() string {
	switch t {
	case Bad:
		return "circle-x"
	case Good:
		return "circle-check"
	case Now:
		return "info"
	case Warn:
		return "triangle-alert"
	default:
		return "circle"
	}
}
