package mail_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/clock"
	"levqor/jobs/config"
	"levqor/jobs/db"
	"levqor/jobs/db/dbtest"
	"levqor/jobs/mail"
	"levqor/jobs/queue"
	"levqor/jobs/secret"
)

// resend answers as the mail API does; a test may choose its next answers.
type resend struct {
	URL string

	mu      sync.Mutex
	answers []answer // used up first
	keys    []string // idempotency keys, in order
	bodies  []string
}

type answer struct {
	status int
	name   string
	header map[string]string
}

func newResend(t *testing.T, answers ...answer) *resend {
	t.Helper()
	r := &resend{answers: answers}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			t.Error(err)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.keys, r.bodies = append(r.keys, req.Header.Get("Idempotency-Key")), append(r.bodies, string(body))
		w.Header().Set("Content-Type", "application/json")
		if len(r.answers) == 0 {
			_, _ = w.Write([]byte(`{"id":"provider-1"}`))
			return
		}
		next := r.answers[0]
		r.answers = r.answers[1:]
		for name, value := range next.header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(next.status)
		_ = json.NewEncoder(w).Encode(map[string]any{"statusCode": next.status, "name": next.name, "message": "about somebody@example.com"})
	}))
	t.Cleanup(server.Close)
	r.URL = server.URL
	return r
}

type post struct {
	*testing.T
	db    *db.DB
	clock *clock.Clock
	mails *mail.Mails
}

func newPost(t *testing.T, cfg config.Config) *post {
	t.Helper()
	t.Parallel()
	d, log := dbtest.New(t), slog.New(slog.DiscardHandler)
	q, err := queue.New(d, log)
	if err != nil {
		t.Fatal(err)
	}
	keyset, err := secret.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	box, err := secret.NewBox(keyset)
	if err != nil {
		t.Fatal(err)
	}
	cfg.MailFrom = "Levqor <levqor@example.com>"
	c := &clock.Clock{}
	return &post{t, d, c, mail.New(d, q, c, box, cfg)}
}

func sending(r *resend) config.Config {
	return config.Config{ResendKey: "re_test", ResendBaseURL: r.URL}
}

// queue keeps a mail and returns its id.
func (p *post) queue() (id uuid.UUID) {
	p.Helper()
	err := p.db.AsSystem(p.Context(), func(ctx context.Context, tx pgx.Tx) error {
		err := p.mails.Queue(ctx, tx, mail.Message{Kind: mail.SignIn, To: "somebody@example.com", Locale: "en", Args: map[string]any{"link": "https://x/sign-in/secret"}})
		if err != nil {
			return err
		}
		return tx.QueryRow(ctx, `SELECT id FROM mails ORDER BY created_at DESC LIMIT 1`).Scan(&id)
	})
	if err != nil {
		p.Fatal(err)
	}
	return id
}

func (p *post) state(id uuid.UUID) (state, failure string) {
	p.Helper()
	err := p.db.AsSystem(p.Context(), func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT state, failure_key FROM mails WHERE id = $1`, id).Scan(&state, &failure)
	})
	if err != nil {
		p.Fatal(err)
	}
	return state, failure
}

func (p *post) deliver(id uuid.UUID, last bool) error {
	return p.mails.Deliver(p.Context(), id, last, func(_ context.Context, msg mail.Message) (mail.Rendered, error) {
		link, _ := msg.Args["link"].(string)
		return mail.Rendered{Subject: "Sign in", Text: link, HTML: "<p>" + link}, nil
	})
}

func TestAMailIsSentOnce(t *testing.T) {
	r := newResend(t)
	p := newPost(t, sending(r))
	id := p.queue()
	for range 3 { // a worker killed after sending, or two at once
		if err := p.deliver(id, false); err != nil {
			t.Fatal(err)
		}
	}
	if state, _ := p.state(id); state != "sent" || len(r.keys) != 1 {
		t.Fatalf("%s after %d requests", state, len(r.keys))
	}
	if r.keys[0] != id.String() || !strings.Contains(r.bodies[0], "https://x/sign-in/secret") {
		t.Errorf("key %s, body %s", r.keys[0], r.bodies[0])
	}
}

func TestAMailThatWentOutBeforeAReleaseIsSent(t *testing.T) {
	p := newPost(t, sending(newResend(t, answer{status: 409, name: "invalid_idempotent_request"})))
	id := p.queue()
	if err := p.deliver(id, false); err != nil {
		t.Fatal(err)
	}
	if state, _ := p.state(id); state != "sent" {
		t.Error(state)
	}
}

func TestNothingIsQueuedWithoutItsTransaction(t *testing.T) {
	p := newPost(t, sending(newResend(t)))
	undone := errors.New("undone")
	err := p.db.AsSystem(t.Context(), func(ctx context.Context, tx pgx.Tx) error {
		return errors.Join(p.mails.Queue(ctx, tx, mail.Message{Kind: mail.SignIn, To: "a@example.com"}), undone)
	})
	if !errors.Is(err, undone) {
		t.Fatal(err)
	}
	var mails, jobs int
	err = p.db.AsSystem(t.Context(), func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT count(*) FROM mails`).Scan(&mails)
	})
	if err := errors.Join(err, p.db.Pool().QueryRow(t.Context(), `SELECT count(*) FROM river_job`).Scan(&jobs)); err != nil || mails+jobs != 0 {
		t.Errorf("%d mails, %d jobs, %v", mails, jobs, err)
	}
}

func TestDeliveriesThatFail(t *testing.T) {
	for name, tt := range map[string]struct {
		answer  answer
		state   string
		failure string
		check   func(error) bool
	}{
		"an address that nobody takes": {answer{status: 422, name: "validation_error"}, "failed", "mail.fail.refused", gaveUp},
		"a key that is wrong waits":    {answer{status: 401, name: "missing_api_key"}, "queued", "", plain},
		"a sender that is not allowed": {answer{status: 403, name: "invalid_from_address"}, "queued", "", plain},
		"too many":                     {answer{429, "rate_limit_exceeded", map[string]string{"Retry-After": "7"}}, "queued", "", waits(7 * time.Second)},
		"too many for today":           {answer{429, "daily_quota_exceeded", map[string]string{"Retry-After": "90000"}}, "queued", "", waits(time.Hour)},
		"too many, without a time":     {answer{status: 429, name: "rate_limit_exceeded"}, "queued", "", waits(time.Minute)},
		"a server in trouble":          {answer{status: 500, name: "internal_server_error"}, "queued", "", plain},
		"a server at rest":             {answer{503, "", map[string]string{"Retry-After": "30"}}, "queued", "", waits(30 * time.Second)},
	} {
		t.Run(name, func(t *testing.T) {
			r := newResend(t, tt.answer)
			p := newPost(t, sending(r))
			id := p.queue()
			err := p.deliver(id, false)
			if state, failure := p.state(id); !tt.check(err) || state != tt.state || failure != tt.failure {
				t.Fatalf("%s %q after %v", state, failure, err)
			}
			if strings.Contains(err.Error(), "somebody@example.com") {
				t.Errorf("the address is in the log: %v", err)
			}
			if tt.state != "queued" {
				return
			}
			if err := p.deliver(id, false); err != nil {
				t.Fatal(err)
			}
			if state, _ := p.state(id); state != "sent" {
				t.Error(state)
			}
		})
	}
	t.Run("an API that is away is tried again", func(t *testing.T) {
		p := newPost(t, config.Config{ResendKey: "re_test", ResendBaseURL: "http://127.0.0.1:1"})
		id := p.queue()
		if err := p.deliver(id, false); !plain(err) {
			t.Fatal(err)
		}
		if err := p.deliver(id, true); !gaveUp(err) {
			t.Fatalf("the last try: %v", err)
		}
		if state, failure := p.state(id); state != "failed" || failure != "mail.fail.unreachable" {
			t.Error(state, failure)
		}
	})
	t.Run("a day is enough", func(t *testing.T) {
		p := newPost(t, config.Config{ResendKey: "re_test", ResendBaseURL: "http://127.0.0.1:1"})
		id := p.queue()
		p.clock.Shift(mail.KeepTrying)
		if err := p.deliver(id, false); !gaveUp(err) {
			t.Fatal(err)
		}
	})
	t.Run("without a key mails wait", func(t *testing.T) {
		p := newPost(t, config.Config{})
		id := p.queue()
		if err := p.deliver(id, false); !plain(err) {
			t.Fatal(err)
		}
		if kept, err := p.mails.Outbox(t.Context(), 10); err != nil || len(kept) != 0 {
			t.Errorf("outside of dev the outbox shows %v %v", kept, err)
		}
	})
	t.Run("in dev they stay in the outbox", func(t *testing.T) {
		p := newPost(t, config.Config{Dev: true})
		id := p.queue()
		if err := p.deliver(id, false); err != nil {
			t.Fatal(err)
		}
		kept, err := p.mails.Outbox(t.Context(), 10)
		if err != nil || len(kept) != 1 || kept[0].State != "sent" || kept[0].Args["link"] != "https://x/sign-in/secret" {
			t.Errorf("%+v %v", kept, err)
		}
	})
}

func gaveUp(err error) bool { _, ok := errors.AsType[*mail.GaveUp](err); return ok }

func plain(err error) bool {
	_, later := errors.AsType[*queue.RetryLater](err)
	return err != nil && !later && !gaveUp(err)
}

func waits(want time.Duration) func(error) bool {
	return func(err error) bool {
		later, ok := errors.AsType[*queue.RetryLater](err)
		return ok && later.After == want
	}
}

func TestShorten(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{"somebody@example.com": "som***@example.com", "a@b.c": "a***@b.c", "nonsense": "***", "żółć@example.com": "ż***@example.com"} {
		if got := mail.Shorten(address); got != want {
			t.Errorf("%s: %s", address, got)
		}
	}
}
