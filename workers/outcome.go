package workers

import (
	"errors"

	"github.com/riverqueue/river"

	"levqor/jobs/queue"
)

// outcome turns what a line's Perform returned into River's words: a recorded
// outcome completes the job, RetryLater snoozes it, anything else is tried again.
func outcome(err error) error {
	if later, ok := errors.AsType[*queue.RetryLater](err); ok {
		return river.JobSnooze(later.After)
	}
	return err
}
