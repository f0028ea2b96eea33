// Package task is what backups, restores, drills, tests and vault upkeep have in
// common: one long piece of work that people can watch, cancel and trust.
//
// A line creates the task and its River job in one transaction; a worker calls
// Runner.Do with the job's id. Claiming bumps the task's epoch, and every later
// write of that claim carries it: whoever was thought dead and comes back finds
// itself fenced out. One place, finish.go, turns the work's error into a state.
package task

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/db"
	"levqor/jobs/fail"
	"levqor/jobs/live"
)

// Kind names the line's work; it is the River job's kind too.
type Kind string

const (
	AICall      Kind = "ai_call"
	Backup      Kind = "backup"
	Drill       Kind = "drill"
	Restore     Kind = "restore"
	SourceTest  Kind = "source_test"
	VaultSetup  Kind = "vault_setup"
	VaultUpkeep Kind = "vault_upkeep"
)

// State of a task. Queued also means "waits for its next attempt".
type State string

const (
	Canceled  State = "canceled"
	Failed    State = "failed"
	Queued    State = "queued"
	Running   State = "running"
	Succeeded State = "succeeded"
)

// Final reports whether nothing more will happen.
func (s State) Final() bool { return s == Canceled || s == Failed || s == Succeeded }

// Cause says what asked for the task.
type Cause string

const (
	ByAPI      Cause = "api"
	ByPerson   Cause = "person"
	BySchedule Cause = "schedule"
	BySystem   Cause = "system"
)

// CauseOf is the cause that fits who acts.
func CauseOf(actor account.Actor) Cause {
	switch actor.Kind {
	case account.KindToken:
		return ByAPI
	case account.KindSystem:
		return BySystem
	default:
		return ByPerson
	}
}

// Task as people see it. Sizes are bytes, Rate bytes a second.
type Task struct {
	ID                uuid.UUID
	WorkspaceID       uuid.UUID
	Kind              Kind
	State             State
	SubjectName       string
	Cause             Cause
	ActorName         string
	Epoch             int
	Attempt           int
	CreatedAt         time.Time
	StartedAt         *time.Time
	FinishedAt        *time.Time
	CancelRequestedAt *time.Time
	Phase             string // words: task.phase.<kind>.<phase>
	Current           string // the object being worked on, as the source names it
	BytesDone         int64
	BytesTotal        int64 // 0: not known
	BytesStored       int64
	ItemsDone         int64
	ItemsTotal        int64
	Rate              int64
	ProgressAt        *time.Time
	FailureClass      fail.Class
	FailureKey        string // words: <key>.text and <key>.mend
	FailureArgs       map[string]any
	RetryAt           *time.Time
	Topics            []string
}

// Columns of Task, in order, for a line's own joined queries (prefix t).
const Columns = `t.id, t.workspace_id, t.kind, t.state, t.subject_name, t.cause, t.actor_name, t.epoch, t.attempt,
	t.created_at, t.started_at, t.finished_at, t.cancel_requested_at, t.phase, t.current, t.bytes_done, t.bytes_total,
	t.bytes_stored, t.items_done, t.items_total, t.rate, t.progress_at, t.failure_class, t.failure_key, t.failure_args,
	t.retry_at, t.topics`

// Left is the time still needed at the present rate; false when nobody can know.
func (t Task) Left() (time.Duration, bool) {
	if t.State != Running || t.Rate <= 0 || t.BytesTotal <= 0 || t.BytesDone > t.BytesTotal {
		return 0, false
	}
	return time.Duration(float64(t.BytesTotal-t.BytesDone) / float64(t.Rate) * float64(time.Second)), true
}

// Took is how long it ran, up to now while it runs.
func (t Task) Took(now time.Time) time.Duration {
	switch {
	case t.StartedAt == nil:
		return 0
	case t.FinishedAt != nil:
		return t.FinishedAt.Sub(*t.StartedAt)
	default:
		return max(0, now.Sub(*t.StartedAt))
	}
}

// Percent is 0–100; false when the total is not known.
func (t Task) Percent() (int, bool) {
	switch {
	case t.State == Succeeded:
		return 100, true
	case t.BytesTotal > 0:
		return int(min(99, t.BytesDone*100/t.BytesTotal)), true
	case t.ItemsTotal > 0:
		return int(min(99, t.ItemsDone*100/t.ItemsTotal)), true
	default:
		return 0, false
	}
}

// Topic is told of every change of this task, progress included.
func (t Task) Topic() live.Topic { return Topic(t.ID) }

// Topic of the task with that id.
func Topic(id uuid.UUID) live.Topic { return live.Topic("task-" + id.String()) }

// New is a task to create. ExclusiveKey, if set, refuses a second unfinished
// task with the same key. Topics are told of each change of state.
type New struct {
	ID           uuid.UUID
	Kind         Kind
	SubjectName  string
	ExclusiveKey string
	Cause        Cause
	Topics       []string
}

// Create adds a queued task. The caller adds its detail row and the River job in
// the same tx. Conflict (task.fail.busy) when ExclusiveKey is taken; tx is then
// still usable.
func Create(ctx context.Context, tx pgx.Tx, actor account.Actor, now time.Time, n New) error {
	tag, err := tx.Exec(ctx, `
		INSERT INTO tasks (id, workspace_id, kind, subject_name, exclusive_key, cause, actor_name, topics, created_at, request_id)
		VALUES ($1, $2, $3, $4, nullif($5, ''), $6, $7, $8, $9, $10)
		ON CONFLICT (exclusive_key) WHERE state IN ('queued', 'running') DO NOTHING`,
		n.ID, actor.Workspace, n.Kind, n.SubjectName, n.ExclusiveKey, n.Cause, actor.Name, append([]string{}, n.Topics...), now, actor.RequestID)
	if err != nil {
		return fmt.Errorf("create %s task: %w", n.Kind, err)
	}
	if tag.RowsAffected() == 0 {
		return fail.New(fail.Conflict, "task.fail.busy", "name", n.SubjectName)
	}
	return notifyState(ctx, tx, actor.Workspace, n.ID, n.Topics)
}

// Get finds a task of the workspace that tx sees.
func Get(ctx context.Context, tx pgx.Tx, id uuid.UUID) (Task, error) {
	rows, err := tx.Query(ctx, `SELECT `+Columns+` FROM tasks t WHERE t.id = $1`, id)
	if err != nil {
		return Task{}, fmt.Errorf("find task: %w", err)
	}
	found, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Task])
	if db.NoRows(err) {
		return Task{}, fail.New(fail.NotFound, "fail.not_found")
	}
	return found, err
}

// RequestCancel stops a task: at once when it waits, within two seconds when it
// runs. Conflict (task.fail.finished) when it is over.
func RequestCancel(ctx context.Context, tx pgx.Tx, id uuid.UUID, now time.Time) error {
	found, err := Get(ctx, tx, id)
	if err != nil {
		return err
	}
	var state State
	err = tx.QueryRow(ctx, `
		UPDATE tasks SET cancel_requested_at = coalesce(cancel_requested_at, $2),
			state = CASE WHEN state = 'queued' THEN 'canceled' ELSE state END,
			finished_at = CASE WHEN state = 'queued' THEN $2 END, retry_at = NULL
		WHERE id = $1 AND state IN ('queued', 'running') RETURNING state`, id, now).Scan(&state)
	if db.NoRows(err) {
		return fail.New(fail.Conflict, "task.fail.finished")
	}
	if err != nil {
		return fmt.Errorf("cancel task: %w", err)
	}
	return notifyState(ctx, tx, found.WorkspaceID, id, found.Topics)
}

// LogLine is one line of a task's log; its words are Key with Args.
type LogLine struct {
	At   time.Time
	Key  string
	Args map[string]any
}

// Log is a task's last lines, oldest first.
func Log(ctx context.Context, tx pgx.Tx, id uuid.UUID, limit int) ([]LogLine, error) {
	rows, err := tx.Query(ctx, `
		SELECT at, key, args FROM (SELECT seq, at, key, args FROM task_logs WHERE task_id = $1 ORDER BY seq DESC LIMIT $2) last
		ORDER BY seq`, id, limit)
	if err != nil {
		return nil, fmt.Errorf("read task log: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[LogLine])
}

func notifyState(ctx context.Context, tx pgx.Tx, workspace, id uuid.UUID, topics []string) error {
	for _, topic := range append([]string{string(Topic(id))}, topics...) {
		if err := live.Notify(ctx, tx, workspace, live.Topic(topic)); err != nil {
			return fmt.Errorf("tell of a task's state: %w", err)
		}
	}
	return nil
}

func encodeArgs(args map[string]any) ([]byte, error) {
	if args == nil {
		return []byte("{}"), nil
	}
	return json.Marshal(args)
}
