package assist

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/db"
	"levqor/jobs/fail"
	"levqor/jobs/task"
)

// afford refuses a question that the workspace's month has no room for. What is
// not answered yet counts with what it may cost; what failed costs nothing.
func (a *Assist) afford(ctx context.Context, tx pgx.Tx, workspace uuid.UUID, now time.Time, tokens int) error {
	if a.options.Tokens == 0 {
		return nil
	}
	// Two questions at once must not both take the last of it.
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('ai tokens of ' || $1, 0))`, workspace.String()); err != nil {
		return fmt.Errorf("wait for the month's tokens: %w", err)
	}
	now = now.UTC()
	month := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	var used int
	err := tx.QueryRow(ctx, `
		SELECT coalesce(sum(CASE WHEN c.tokens IS NOT NULL THEN c.tokens WHEN t.state IN ('queued', 'running') THEN c.reserved ELSE 0 END), 0)
		FROM ai_calls c JOIN tasks t ON t.id = c.id WHERE c.workspace_id = $1 AND c.created_at >= $2`, workspace, month).Scan(&used)
	if err != nil {
		return fmt.Errorf("count the month's tokens: %w", err)
	}
	if used+tokens > a.options.Tokens {
		return fail.Work(nil, fail.ClassQuota, "assist.fail.month", "max", a.options.Tokens)
	}
	return nil
}

// Get needs View. NotFound for another workspace's question.
func (a *Assist) Get(ctx context.Context, actor account.Actor, id uuid.UUID) (found Reply, err error) {
	if err := actor.Require(account.View); err != nil {
		return Reply{}, err
	}
	err = a.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		if found.Task, err = task.Get(ctx, tx, id); err != nil {
			return err
		}
		err := tx.QueryRow(ctx, `SELECT coalesce(reply, ''), cut, coalesce(tokens, 0) FROM ai_calls WHERE id = $1`, id).Scan(&found.Text, &found.Cut, &found.Tokens)
		if db.NoRows(err) {
			return fail.New(fail.NotFound, "fail.not_found")
		}
		return err
	})
	return found, err
}

// Leave says that nobody waits for the reply any more: what was not asked yet is
// not asked.
func (a *Assist) Leave(ctx context.Context, actor account.Actor, id uuid.UUID) error {
	if err := actor.Require(account.Operate); err != nil {
		return err
	}
	err := a.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		return task.RequestCancel(ctx, tx, id, a.clock.Now())
	})
	if fail.Is(err, fail.Conflict) {
		return nil // it is over
	}
	return err
}

// question is what to ask, and since when.
func (a *Assist) question(ctx context.Context, active *task.Active) (q Question, asked time.Time, err error) {
	err = active.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT coalesce(question, '{}'), created_at FROM ai_calls WHERE id = $1`, active.Task.ID).Scan(&q, &asked)
	})
	return q, asked, err
}

func record(ctx context.Context, tx pgx.Tx, id uuid.UUID, text string, cut bool, tokens int) error {
	_, err := tx.Exec(ctx, `UPDATE ai_calls SET reply = $2, cut = $3, tokens = $4, question = NULL WHERE id = $1`, id, text, cut, tokens)
	if err != nil {
		return fmt.Errorf("record reply: %w", err)
	}
	return nil
}

// Sweep forgets what was asked and said a week ago: the runs keep what they need.
func (a *Assist) Sweep(ctx context.Context) error {
	return a.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			UPDATE ai_calls SET question = NULL, reply = NULL
			WHERE id IN (SELECT id FROM ai_calls WHERE created_at < $1 AND (question IS NOT NULL OR reply IS NOT NULL) LIMIT 5000 FOR UPDATE SKIP LOCKED)`,
			a.clock.Now().Add(-keepTexts))
		return err
	})
}
