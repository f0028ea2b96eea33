package assist

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/clock"
	"levqor/jobs/db/dbtest"
	"levqor/jobs/fail"
	"levqor/jobs/queue"
	"levqor/jobs/task"
)

// bundle is the line with a service whose answer a test sets.
type bundle struct {
	*Assist
	t      *testing.T
	actor  account.Actor
	answer atomic.Pointer[http.HandlerFunc]
	tries  atomic.Int32
	body   atomic.Pointer[string]
}

func newBundle(t *testing.T, o Options) *bundle {
	t.Helper()
	d := dbtest.New(t)
	quiet := slog.New(slog.DiscardHandler)
	q, err := queue.New(d, quiet)
	if err != nil {
		t.Fatal(err)
	}
	b := &bundle{t: t, actor: dbtest.Workspace(t, d)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		body := string(raw)
		b.body.Store(&body)
		b.tries.Add(1)
		(*b.answer.Load())(w, r)
	}))
	t.Cleanup(server.Close)
	o.URL, o.Key, o.Model, o.On = server.URL, "canary-key", "small", true
	c := &clock.Clock{}
	b.Assist = New(d, q, c, task.NewRunner(d, q, c, quiet), o)
	b.says(http.StatusOK, reply("Hello."))
	return b
}

func reply(text string) string {
	return fmt.Sprintf(`{"choices":[{"index":0,"message":{"role":"assistant","content":%q},"finish_reason":"stop"}],"usage":{"total_tokens":100}}`, text)
}

func (b *bundle) says(status int, body string, headers ...string) {
	b.does(func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	})
}

func (b *bundle) does(answer http.HandlerFunc) { b.answer.Store(&answer) }

func (b *bundle) start(q Question) (id uuid.UUID, err error) {
	err = b.db.InWorkspace(b.t.Context(), b.actor.Workspace, func(ctx context.Context, tx pgx.Tx) (err error) {
		id, err = b.StartIn(ctx, tx, b.actor, "sort", q)
		return err
	})
	return id, err
}

func (b *bundle) begun() uuid.UUID {
	b.t.Helper()
	id, err := b.start(Question{Instructions: "Sort it.", Input: "a roof"})
	if err != nil {
		b.t.Fatal(err)
	}
	return id
}

func (b *bundle) get(id uuid.UUID) Reply {
	b.t.Helper()
	found, err := b.Get(b.t.Context(), b.actor, id)
	if err != nil {
		b.t.Fatal(err)
	}
	return found
}

func (b *bundle) wantsKey(err error, key string, class fail.Class) {
	b.t.Helper()
	if known, ok := errors.AsType[*fail.Error](err); !ok || known.Key != key || known.Class != class {
		b.t.Errorf("%v, want %s of %s", err, key, class)
	}
}

func TestAsk(t *testing.T) {
	t.Parallel()
	b := newBundle(t, Options{})
	id := b.begun()
	if err := b.Perform(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if got := b.get(id); got.State != task.Succeeded || got.Text != "Hello." || got.Tokens != 100 || got.Cut {
		t.Errorf("%+v", got)
	}
	t.Run("what was asked is forgotten, and the key was never kept", func(t *testing.T) {
		for _, sql := range []string{`SELECT count(*) FROM ai_calls WHERE question IS NOT NULL`, `SELECT count(*) FROM river_job WHERE args::text LIKE '%roof%'`,
			`SELECT count(*) FROM river_job j, ai_calls c, tasks k WHERE concat(j::text, c::text, k::text) LIKE '%canary%'`} {
			if n := b.count(sql); n != 0 {
				t.Errorf("%s: %d", sql, n)
			}
		}
	})
	t.Run("a job that comes again asks nobody", func(t *testing.T) {
		if err := b.Perform(t.Context(), id); err != nil || b.tries.Load() != 1 {
			t.Errorf("%v after %d tries", err, b.tries.Load())
		}
	})
	t.Run("another workspace does not see it", func(t *testing.T) {
		if _, err := b.Get(t.Context(), dbtest.Workspace(t, b.db), id); !fail.Is(err, fail.NotFound) {
			t.Error(err)
		}
	})
	t.Run("a week later the reply is forgotten, the tokens are not", func(t *testing.T) {
		b.clock.Shift(8 * 24 * time.Hour)
		if err := b.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := b.get(id); got.Text != "" || got.Tokens != 100 {
			t.Errorf("%+v", got)
		}
	})
}

func (b *bundle) count(sql string) (n int) {
	b.t.Helper()
	if err := b.db.AsSystem(b.t.Context(), func(ctx context.Context, tx pgx.Tx) error { return tx.QueryRow(ctx, sql).Scan(&n) }); err != nil {
		b.t.Fatal(err)
	}
	return n
}

func TestNotAsked(t *testing.T) {
	t.Parallel()
	t.Run("no service", func(t *testing.T) {
		b := newBundle(t, Options{})
		b.options.On = false
		_, err := b.start(Question{Instructions: "x"})
		b.wantsKey(err, "assist.fail.off", fail.ClassConfig)
	})
	t.Run("too long", func(t *testing.T) {
		b := newBundle(t, Options{})
		_, err := b.start(Question{Instructions: "x", Input: strings.Repeat("ä", LongestQuestion)})
		b.wantsKey(err, "assist.fail.long", fail.ClassConfig)
	})
	t.Run("a viewer", func(t *testing.T) {
		b := newBundle(t, Options{})
		b.actor.Role = account.RoleViewer
		if _, err := b.start(Question{Instructions: "x"}); !fail.Is(err, fail.Forbidden) {
			t.Error(err)
		}
	})
	t.Run("the month's tokens", func(t *testing.T) {
		b := newBundle(t, Options{Tokens: 2*mostTokens + 300})
		first, second := b.begun(), b.begun()
		_, err := b.start(Question{Instructions: "x"})
		b.wantsKey(err, "assist.fail.month", fail.ClassQuota)
		for _, id := range []uuid.UUID{first, second} { // they took less than was set aside
			if err := b.Perform(t.Context(), id); err != nil {
				t.Fatal(err)
			}
		}
		b.begun()
		_, err = b.start(Question{Instructions: strings.Repeat("x", 9_000)})
		b.wantsKey(err, "assist.fail.month", fail.ClassQuota)
		b.actor = dbtest.Workspace(t, b.db)
		b.begun() // another's month
	})
	t.Run("nobody waits any more", func(t *testing.T) {
		b := newBundle(t, Options{})
		id := b.begun()
		if err := b.Leave(t.Context(), b.actor, id); err != nil {
			t.Fatal(err)
		}
		if err := b.Perform(t.Context(), id); err != nil || b.tries.Load() != 0 || b.get(id).State != task.Canceled {
			t.Errorf("%v, %d tries, %s", err, b.tries.Load(), b.get(id).State)
		}
		if err := b.Leave(t.Context(), b.actor, id); err != nil {
			t.Error(err)
		}
		late := b.begun()
		b.clock.Shift(Patience + time.Second)
		if err := b.Perform(t.Context(), late); err != nil || b.tries.Load() != 0 || b.get(late).FailureKey != "assist.fail.late" {
			t.Errorf("%v, %d tries", err, b.tries.Load())
		}
	})
}

func TestTriedAgain(t *testing.T) {
	t.Parallel()
	b := newBundle(t, Options{})
	again := func(key string, least time.Duration) {
		t.Helper()
		id := b.begun()
		later, ok := errors.AsType[*queue.RetryLater](b.Perform(t.Context(), id))
		b.tryTime = tryTime
		if got := b.get(id); !ok || got.State != task.Queued || got.FailureKey != key || later.After < least || later.After > longestPause {
			t.Fatalf("%+v, again after %v", got, later)
		}
		b.says(http.StatusOK, reply("At last."))
		if err := b.Perform(t.Context(), id); err != nil || b.get(id).Text != "At last." || b.get(id).Attempt != 2 {
			t.Errorf("%v, %+v", err, b.get(id))
		}
	}
	b.says(http.StatusTooManyRequests, `{"error":{"message":"slow down","type":"rate_limit","code":"rate_limit_exceeded"}}`, "Retry-After", "70")
	again("assist.fail.busy", 70*time.Second)
	b.says(http.StatusTooManyRequests, `busy`, "Retry-After", "100000")
	again("assist.fail.busy", longestPause)
	b.says(http.StatusInternalServerError, `{"error":"a text, not an object"}`)
	again("assist.fail.down", time.Second)
	b.says(http.StatusBadGateway, `<html>`, "Retry-After", time.Now().Add(time.Minute).UTC().Format(http.TimeFormat))
	again("assist.fail.down", 50*time.Second)
	b.says(http.StatusOK, `{"choices": [`)
	again("dial.fail.broken", time.Second)
	b.says(http.StatusOK, `<html>hello</html>`)
	again("assist.fail.unreadable", time.Second)
	b.says(http.StatusOK, `{"choices": []}`)
	again("assist.fail.unreadable", time.Second)
	b.does(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	b.tryTime = 100 * time.Millisecond
	again("assist.fail.slow", time.Second)

	t.Run("and not for ever", func(t *testing.T) {
		b.says(http.StatusServiceUnavailable, "")
		id := b.begun()
		for range task.MaxAttempts - 1 {
			if _, ok := errors.AsType[*queue.RetryLater](b.Perform(t.Context(), id)); !ok {
				t.Fatal("given up")
			}
		}
		if err := b.Perform(t.Context(), id); err != nil || b.get(id).State != task.Failed {
			t.Errorf("%v, %s", err, b.get(id).State)
		}
	})
}

func TestNotTriedAgain(t *testing.T) {
	t.Parallel()
	b := newBundle(t, Options{})
	fails := func(key string) {
		t.Helper()
		id, before := b.begun(), b.tries.Load()
		if err := b.Perform(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if got := b.get(id); got.State != task.Failed || got.FailureKey != key || b.tries.Load() != before+1 || strings.Contains(fmt.Sprint(got), "canary") {
			t.Errorf("%+v, want %s", got, key)
		}
	}
	b.says(http.StatusUnauthorized, `{"error":{"message":"Incorrect API key: canary-key","type":"x","code":"invalid_api_key"}}`)
	fails("assist.fail.key")
	b.says(http.StatusBadRequest, `{"error":{"message":"canary","type":"x","code":null}}`)
	fails("assist.fail.refused")
	b.says(http.StatusNotFound, `{"error":{"message":"no such model","type":"x","code":"model_not_found"}}`)
	fails("assist.fail.model")
	b.says(http.StatusTooManyRequests, `{"error":{"message":"pay","type":"insufficient_quota","code":"insufficient_quota"}}`)
	fails("assist.fail.account")
	b.says(http.StatusFound, "", "Location", "http://127.0.0.1:1/elsewhere")
	fails("assist.fail.moved")
	b.says(http.StatusOK, `{"choices": "`+strings.Repeat("x", longestBody)+`"}`)
	fails("assist.fail.large")
}

// TestTakenForDead is a worker that was thought dead and comes back after another
// has asked again: one reply is recorded, and stays.
func TestTakenForDead(t *testing.T) {
	t.Parallel()
	b := newBundle(t, Options{})
	arrived, release := make(chan struct{}), make(chan struct{})
	b.does(func(w http.ResponseWriter, _ *http.Request) {
		close(arrived)
		<-release
		io.WriteString(w, reply("the first"))
	})
	id, first := b.begun(), make(chan error, 1)
	go func() { first <- b.Perform(t.Context(), id) }()
	<-arrived
	b.says(http.StatusOK, reply("the second"))
	if err := b.Perform(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	close(release)
	if err := <-first; err != nil {
		t.Fatal(err)
	}
	if got := b.get(id); got.Text != "the second" || got.State != task.Succeeded || got.Tokens != 100 {
		t.Errorf("%+v", got)
	}
}

func TestRedact(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"mail ada@example.com about order 1234567890123456":                     "mail ada@example.com about order 1234567890123456",
		"card 4111 1111 1111 1111 of Ada":                                       "card [card] of Ada",
		"postgres://app:hunter2@db.example/shop":                                "postgres://app:[secret]@db.example/shop",
		"Authorization: Bearer abcdefghijklmnop":                                "Authorization: Bearer [secret]",
		"use lvq_abcdefghijklmnopqrst, please":                                  "use [secret], please",
		`{"password": "hunter22", "name": "Ada"}`:                               `{"password": "[secret]", "name": "Ada"}`,
		"-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----!": "[secret]!",
		"AKIAIOSFODNN7EXAMPLE is it":                                            "[secret] is it",
	} {
		if got := redact(text); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	b := newBundle(t, Options{})
	id, err := b.start(Question{Instructions: "Sort it.", Input: "my card is 4111-1111-1111-1111"})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Perform(t.Context(), id); err != nil || !strings.Contains(*b.body.Load(), "my card is [card]") {
		t.Errorf("%v: %s", err, *b.body.Load())
	}
}
