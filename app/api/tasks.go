package api

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"levqor/jobs/account"
	"levqor/jobs/task"
	"levqor/locales"
)

// Task is long work: a backup, a restore, a drill, a test, a vault's set-up or upkeep.
type Task struct {
	ID                uuid.UUID  `json:"id" format:"uuid"`
	Kind              task.Kind  `json:"kind" enum:"ai_call,backup,drill,restore,source_test,vault_setup,vault_upkeep"`
	State             task.State `json:"state" enum:"canceled,failed,queued,running,succeeded"`
	Cause             task.Cause `json:"cause" enum:"api,person,schedule,system" doc:"What asked for it."`
	AskedBy           string     `json:"asked_by" doc:"The person's or token's name; empty for a schedule."`
	Attempt           int        `json:"attempt" doc:"After a failure that may pass, and after a restart, it is tried again."`
	CreatedAt         time.Time  `json:"created_at"`
	StartedAt         *time.Time `json:"started_at"`
	FinishedAt        *time.Time `json:"finished_at"`
	CancelRequestedAt *time.Time `json:"cancel_requested_at"`
	RetryAt           *time.Time `json:"retry_at" doc:"When a queued one is tried again."`
	Progress          Progress   `json:"progress"`
	Failure           *Failure   `json:"failure,omitempty" doc:"Why it failed, or why its last attempt did."`
}

// Progress is a reading of work in hand.
type Progress struct {
	Phase       string     `json:"phase"`
	Current     string     `json:"current" doc:"The table, file or object being worked on."`
	BytesDone   int64      `json:"bytes_done"`
	BytesTotal  *int64     `json:"bytes_total" doc:"null while nobody knows."`
	BytesStored int64      `json:"bytes_stored" doc:"New in the vault: what is known already is not stored twice."`
	ItemsDone   int64      `json:"items_done" doc:"Files, objects or tables."`
	ItemsTotal  *int64     `json:"items_total"`
	Rate        int64      `json:"rate" doc:"Bytes a second, smoothed."`
	Percent     *int       `json:"percent"`
	ETASeconds  *int64     `json:"eta_seconds" doc:"At the present rate."`
	ReadAt      *time.Time `json:"read_at"`
}

// Failure says why, and what to do. Class is one of a few; Code one of many.
type Failure struct {
	Class string `json:"class" enum:"canceled,config,credentials,damaged,gone,internal,quota,transient"`
	Code  string `json:"code"`
	Text  string `json:"text"`
	Mend  string `json:"mend,omitempty"`
}

// LogLine is one line of what long work tells.
type LogLine struct {
	At   time.Time `json:"at"`
	Code string    `json:"code"`
	Text string    `json:"text"`
}

func (r *resources) tasks() {
	add(r, op(http.MethodGet, "/tasks/{id}", http.StatusOK, account.ScopeRead, "Watch long work of any kind"), r.showTask)
	add(r, op(http.MethodPost, "/tasks/{id}/cancellations", http.StatusAccepted, account.ScopeOperate, "Stop long work of any kind"), r.cancelTask)
	add(r, op(http.MethodGet, "/tasks/{id}/log", http.StatusOK, account.ScopeRead, "Read the last lines that long work told, oldest first"), r.listLog)
}

func (r *resources) listLog(ctx context.Context, actor account.Actor, in *ByID) (*listed[LogLine], error) {
	_, lines, err := r.site.Services.Tasks.Get(ctx, actor, in.ID)
	out := Page[LogLine]{Items: []LogLine{}}
	for _, line := range lines {
		out.Items = append(out.Items, LogLine{At: line.At.UTC(), Code: line.Key, Text: locales.T(ctx, line.Key, locales.Pairs(line.Args)...)})
	}
	return &listed[LogLine]{Body: out}, err
}

func (r *resources) showTask(ctx context.Context, actor account.Actor, in *ByID) (*shown[Task], error) {
	t, _, err := r.site.Services.Tasks.Get(ctx, actor, in.ID)
	return &shown[Task]{Body: taskOf(ctx, t)}, err
}

func (r *resources) cancelTask(ctx context.Context, actor account.Actor, in *ByID) (*started[Task], error) {
	if err := r.site.Services.Tasks.Cancel(ctx, actor, in.ID); err != nil {
		return nil, err
	}
	return r.startedTask(ctx, actor, in.ID)
}

func (r *resources) startedTask(ctx context.Context, actor account.Actor, id uuid.UUID) (*started[Task], error) {
	t, _, err := r.site.Services.Tasks.Get(ctx, actor, id)
	return &started[Task]{Location: at("tasks", id), Body: taskOf(ctx, t)}, err
}

func taskOf(ctx context.Context, t task.Task) Task {
	return Task{
		ID: t.ID, Kind: t.Kind, State: t.State, Cause: t.Cause, AskedBy: t.ActorName, Attempt: t.Attempt, CreatedAt: t.CreatedAt.UTC(),
		StartedAt: utc(t.StartedAt), FinishedAt: utc(t.FinishedAt), CancelRequestedAt: utc(t.CancelRequestedAt), RetryAt: utc(t.RetryAt),
		Progress: progressOf(t), Failure: failureOf(ctx, t),
	}
}

func progressOf(t task.Task) Progress {
	p := Progress{Phase: t.Phase, Current: t.Current, BytesDone: t.BytesDone, BytesTotal: known(t.BytesTotal), BytesStored: t.BytesStored,
		ItemsDone: t.ItemsDone, ItemsTotal: known(t.ItemsTotal), Rate: t.Rate, ReadAt: utc(t.ProgressAt)}
	if percent, ok := t.Percent(); ok {
		p.Percent = &percent
	}
	if left, ok := t.Left(); ok {
		seconds := int64(left.Seconds())
		p.ETASeconds = &seconds
	}
	return p
}

func failureOf(ctx context.Context, t task.Task) *Failure {
	if t.FailureKey == "" {
		return nil
	}
	f := Failure{Class: string(t.FailureClass), Code: t.FailureKey}
	f.Text, f.Mend = wordsOf(ctx, t.FailureKey, t.FailureArgs)
	return &f
}

// known is n, or null where 0 means that nobody knows.
func known(n int64) *int64 {
	if n == 0 {
		return nil
	}
	return &n
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	at := t.UTC()
	return &at
}

// at is the address of one thing.
func at(resource string, id uuid.UUID) string { return prefix + "/" + resource + "/" + id.String() }
