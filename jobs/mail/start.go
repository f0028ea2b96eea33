package mail

import (
	"github.com/riverqueue/river"

	"levqor/jobs/queue"
)

// Args is the job that delivers one mail.
type Args struct {
	ID string `json:"id"`
}

// Kind names the job.
func (Args) Kind() string { return "mail" }

// InsertOpts puts it on its own queue; 13 attempts with River's backoff (the
// fourth power of the attempt, in seconds) are about 17 hours.
func (Args) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: queue.Mail, MaxAttempts: 13}
}
