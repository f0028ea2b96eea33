package mail

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/resend/resend-go/v2"

	"levqor/jobs/db"
	"levqor/jobs/fail"
	"levqor/jobs/queue"
)

// Deliver sends the mail once: a mail that is sent or given up is left alone,
// and Resend drops a second delivery under the same idempotency key, so a worker
// killed after sending does no harm. queue.RetryLater asks to wait.
func (m *Mails) Deliver(ctx context.Context, id uuid.UUID, render func(ctx context.Context, msg Message) (Rendered, error)) error {
	msg, err := m.pending(ctx, id)
	if err != nil || msg == nil {
		return err
	}
	rendered, err := render(ctx, *msg)
	if err != nil {
		return fmt.Errorf("render %s mail: %w", msg.Kind, err)
	}
	if m.key == "" && m.dev {
		return m.record(ctx, id, "sent", "outbox", "")
	}
	sent, err := m.send(ctx, *msg, rendered)
	if err == nil {
		return m.record(ctx, id, "sent", sent, "")
	}
	if later, refused := classify(err); refused {
		return m.record(ctx, id, "failed", "", "mail.fail.refused")
	} else if later > 0 {
		return &queue.RetryLater{After: later}
	}
	return fmt.Errorf("send %s mail to %s: %w", msg.Kind, Shorten(msg.To), err)
}

func (m *Mails) pending(ctx context.Context, id uuid.UUID) (*Message, error) {
	var msg Message
	var sealed []byte
	err := m.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `
			SELECT id, coalesce(workspace_id, '00000000-0000-0000-0000-000000000000'), kind, to_address, locale, sealed_args
			FROM mails WHERE id = $1 AND state = 'queued'`, id).
			Scan(&msg.ID, &msg.Workspace, &msg.Kind, &msg.To, &msg.Locale, &sealed)
	})
	if db.NoRows(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find mail: %w", err)
	}
	args, err := m.box.Open(sealed, place(id))
	if err != nil {
		return nil, err
	}
	return &msg, json.Unmarshal(args, &msg.Args)
}

func (m *Mails) send(ctx context.Context, msg Message, r Rendered) (providerID string, err error) {
	client := resend.NewCustomClient(m.api, m.key)
	if m.base != "" {
		base, err := url.Parse(strings.TrimRight(m.base, "/") + "/")
		if err != nil {
			return "", fmt.Errorf("RESEND_BASE_URL: %w", err)
		}
		client.BaseURL = base
	}
	sent, err := client.Emails.SendWithOptions(ctx, &resend.SendEmailRequest{
		From: m.from, To: []string{msg.To}, Subject: r.Subject, Html: r.HTML, Text: r.Text,
	}, &resend.SendEmailOptions{IdempotencyKey: msg.ID.String()})
	if err != nil {
		return "", err
	}
	return sent.Id, nil
}

// classify tells a refusal, which no repeat mends, from a request to wait.
func classify(err error) (wait time.Duration, refused bool) {
	if limit, ok := errors.AsType[*resend.RateLimitError](err); ok {
		if seconds, parseErr := time.ParseDuration(limit.RetryAfter + "s"); parseErr == nil && seconds > 0 {
			return min(seconds, time.Hour), false
		}
		return time.Minute, false
	}
	return 0, fail.Is(err, fail.Invalid)
}

// strict turns answers that refuse this very mail into Invalid failures: the
// library's errors leave the status out. A refused key (401) is the operator's
// to mend, so those mails wait.
type strict struct{ next http.RoundTripper }

func (s strict) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := s.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	switch resp.StatusCode {
	case http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusUnprocessableEntity:
		return nil, errors.Join(fail.New(fail.Invalid, "mail.fail.refused"), resp.Body.Close())
	}
	return resp, nil
}

func (m *Mails) record(ctx context.Context, id uuid.UUID, state, provider, failureKey string) error {
	return m.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			UPDATE mails SET state = $2, provider_id = $3, failure_key = $4, sent_at = CASE WHEN $2 = 'sent' THEN $5 END
			WHERE id = $1 AND state = 'queued'`, id, state, provider, failureKey, m.clock.Now())
		if err != nil {
			return fmt.Errorf("record mail: %w", err)
		}
		return nil
	})
}
