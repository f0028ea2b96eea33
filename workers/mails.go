package workers

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"levqor/jobs/mail"
	"levqor/locales"
	"levqor/views/mails"
)

// mailWorker writes mails in the recipient's language and delivers them.
type mailWorker struct {
	river.WorkerDefaults[mail.Args]
	mails *mail.Mails
	words *locales.Catalogue
	base  string
}

func (w *mailWorker) Timeout(*river.Job[mail.Args]) time.Duration { return time.Minute }

func (w *mailWorker) Work(ctx context.Context, job *river.Job[mail.Args]) error {
	id, err := uuid.Parse(job.Args.ID)
	if err != nil {
		return river.JobCancel(err)
	}
	last := job.Attempt >= job.MaxAttempts
	err = w.mails.Deliver(ctx, id, last, func(ctx context.Context, msg mail.Message) (mail.Rendered, error) {
		return mails.Render(w.words.With(ctx, msg.Locale), w.base, msg)
	})
	if gaveUp, ok := errors.AsType[*mail.GaveUp](err); ok {
		return river.JobCancel(gaveUp)
	}
	return outcome(err)
}
