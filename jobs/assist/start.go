package assist

import (
	"context"
	"fmt"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"levqor/jobs/account"
	"levqor/jobs/db"
	"levqor/jobs/fail"
	"levqor/jobs/queue"
	"levqor/jobs/task"
)

// Args is the job of a question.
type Args struct {
	ID string `json:"id"`
}

// Kind names the job.
func (Args) Kind() string { return string(task.AICall) }

// InsertOpts puts it on the queue of AI calls.
func (Args) InsertOpts() river.InsertOpts { return river.InsertOpts{Queue: queue.AI} }

// StartIn asks once tx, which sees the actor's workspace, commits. name is what
// people call that question. It fails at once where no service is set up, where
// the workspace has used up its month, and for a question that is too long. Needs
// Operate.
func (a *Assist) StartIn(ctx context.Context, tx pgx.Tx, actor account.Actor, name string, q Question) (uuid.UUID, error) {
	if err := actor.Require(account.Operate); err != nil {
		return uuid.Nil, err
	}
	if !a.options.On {
		return uuid.Nil, fail.Work(nil, fail.ClassConfig, "assist.fail.off")
	}
	if utf8.RuneCountInString(q.Instructions)+utf8.RuneCountInString(q.Input) > LongestQuestion {
		return uuid.Nil, fail.Work(nil, fail.ClassConfig, "assist.fail.long", "max", LongestQuestion)
	}
	q.Instructions, q.Input = redact(q.Instructions), redact(q.Input)
	reserved := (len(q.Instructions)+len(q.Input))/3 + mostTokens
	now := a.clock.Now()
	if err := a.afford(ctx, tx, actor.Workspace, now, reserved); err != nil {
		return uuid.Nil, err
	}
	id := db.NewID()
	if err := task.Create(ctx, tx, actor, now, task.New{ID: id, Kind: task.AICall, SubjectName: name, Cause: task.CauseOf(actor)}); err != nil {
		return uuid.Nil, err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO ai_calls (id, workspace_id, question, reserved, created_at) VALUES ($1, $2, $3, $4, $5)`,
		id, actor.Workspace, q, reserved, now); err != nil {
		return uuid.Nil, fmt.Errorf("record question: %w", err)
	}
	return id, task.Enqueue(ctx, tx, a.queue, id, Args{ID: id.String()})
}
