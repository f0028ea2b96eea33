package workflow

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/db"
	"levqor/jobs/fail"
	"levqor/jobs/live"
	"levqor/jobs/workflow/engine"
)

// Hook is the door of a workflow that others call.
type Hook struct {
	Workspace uuid.UUID
	Workflow  uuid.UUID
	Version   uuid.UUID
	Name      string
	Kind      string // form, webhook
	Sync      bool   // the caller waits for the reply
	Secret    string // of signatures; "": none wanted
	Deadline  time.Duration
	Paused    bool

	config map[string]any
}

// Hook finds the door with that address. NotFound for any other.
func (w *Workflows) Hook(ctx context.Context, token string) (h Hook, err error) {
	err = w.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var config map[string]any
		var minutes int
		err := tx.QueryRow(ctx, `
			SELECT t.workspace_id, t.workflow_id, w.live_version_id, w.name, t.kind, t.config, w.paused_at IS NOT NULL,
				coalesce((v.definition -> 'settings' ->> 'deadline_minutes')::int, 0)
			FROM workflow_triggers t JOIN workflows w ON w.id = t.workflow_id JOIN workflow_versions v ON v.id = w.live_version_id
			WHERE t.token_hash = $1 AND w.deleted_at IS NULL`, HashToken(token)).
			Scan(&h.Workspace, &h.Workflow, &h.Version, &h.Name, &h.Kind, &config, &h.Paused, &minutes)
		if db.NoRows(err) {
			return fail.New(fail.NotFound, "fail.not_found")
		}
		h.config = config
		h.Sync, _ = config["sync"].(bool)
		if config["signed"] == true {
			h.Secret = SigningKey(token)
		}
		h.Deadline = time.Duration(minutes) * time.Minute
		return err
	})
	return h, err
}

// SigningKey signs the calls to a webhook's address: whoever may see the one may
// see the other, and neither is kept in the clear.
func SigningKey(token string) string {
	mac := hmac.New(sha256.New, []byte(token))
	mac.Write([]byte("levqor webhook signature"))
	return hex.EncodeToString(mac.Sum(nil))
}

// Signed reports whether a signature fits the body: the HMAC-SHA256 in hex, as
// most senders of webhooks write it, with or without "sha256=".
func (h Hook) Signed(signature string, body []byte) bool {
	if h.Secret == "" {
		return true
	}
	given, err := hex.DecodeString(strings.TrimPrefix(signature, "sha256="))
	if err != nil {
		return false
	}
	mac := hmac.New(sha256.New, []byte(h.Secret))
	mac.Write(body)
	return hmac.Equal(given, mac.Sum(nil))
}

// Enter starts a run with what the caller sent. dedup, if set, makes a second
// call with it the first one. Conflict (workflow.fail.paused) while paused.
func (w *Workflows) Enter(ctx context.Context, h Hook, input any, dedup string) (engine.Started, error) {
	return w.enter(ctx, db.NewID(), h, input, dedup)
}

func (w *Workflows) enter(ctx context.Context, id uuid.UUID, h Hook, input any, dedup string) (engine.Started, error) {
	if h.Paused {
		return engine.Started{}, fail.New(fail.Conflict, "workflow.fail.paused")
	}
	if err := checkInput(input); err != nil {
		return engine.Started{}, err
	}
	cause := engine.CauseWebhook
	if h.Kind == ByForm {
		cause = engine.CauseForm
	}
	if dedup != "" {
		dedup = "hook/" + dedup
	}
	return w.engine.Start(ctx, engine.New{ID: id, Workspace: h.Workspace, Workflow: h.Workflow, Version: h.Version, Cause: cause, Input: input, Dedup: dedup, Deadline: h.Deadline})
}

// EnterAndWait is Enter for a caller who waits until the run is over, or ctx is:
// then the state is none of the final ones.
func (w *Workflows) EnterAndWait(ctx context.Context, hub *live.Hub, h Hook, input any, dedup string) (started engine.Started, reply engine.Reply, state engine.State, err error) {
	listening, stop := context.WithCancel(ctx)
	defer stop()
	id := db.NewID()
	changes := hub.Subscribe(listening, h.Workspace, []live.Topic{engine.Topic(id)})         // before there is anything to miss
	if started, err = w.enter(context.WithoutCancel(ctx), id, h, input, dedup); err != nil { // the wait has an end, the start its own
		return started, reply, state, err
	}
	if started.Before { // an earlier call's run: its end may have been told already
		changes = hub.Subscribe(listening, h.Workspace, []live.Topic{engine.Topic(started.ID)})
	}
	for first := true; ; first = false {
		if !first || started.Before {
			said, err := w.outcomes.Add(ctx, started.ID)
			switch {
			case ctx.Err() != nil:
				return started, reply, state, nil
			case err != nil || said.state.Final():
				return started, said.reply, said.state, err
			}
		}
		select {
		case <-ctx.Done():
			return started, reply, state, nil
		case <-changes:
		case <-time.After(askAgain):
		}
	}
}

// askAgain is after how long a caller's run is looked at though nothing was told.
const askAgain = 2 * time.Second

// outcome is how far a run is, and what its caller is told.
type outcome struct {
	state engine.State
	reply engine.Reply
}

// outcomesOf looks for many callers at once. It sees every workspace: who asks
// has just started that run.
func (w *Workflows) outcomesOf(ctx context.Context, runs []uuid.UUID) (said []outcome, err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	found := map[uuid.UUID]outcome{}
	err = w.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT id, state, coalesce(reply, '{}') FROM runs WHERE id = ANY($1)`, runs)
		if err != nil {
			return err
		}
		var id uuid.UUID
		var one outcome
		_, err = pgx.ForEachRow(rows, []any{&id, &one.state, &one.reply}, func() error {
			found[id] = one
			one = outcome{}
			return nil
		})
		return err
	})
	for _, id := range runs {
		said = append(said, found[id])
	}
	return said, err
}

// CallBack answers a run's wait_for_webhook. NotFound when nobody waits at that address.
func (w *Workflows) CallBack(ctx context.Context, token string, answer map[string]any) error {
	if err := checkInput(answer); err != nil {
		return err
	}
	return w.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		ok, err := w.engine.Call(ctx, tx, HashToken(token), answer)
		if err == nil && !ok {
			return fail.New(fail.NotFound, "fail.not_found")
		}
		return err
	})
}
