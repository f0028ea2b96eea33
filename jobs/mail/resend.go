package mail

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/resend/resend-go/v2"
)

// sendTimeout bounds one request: sign-in mails are waited for.
const sendTimeout = 20 * time.Second

// alreadySent stands for the id that Resend gave to an earlier delivery.
const alreadySent = "sent before"

func (m *Mails) send(ctx context.Context, msg Message, r Rendered) (providerID string, err error) {
	if m.key == "" {
		return "", errors.New("RESEND_API_KEY is missing: mails wait for it")
	}
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
	if answer, ok := errors.AsType[*answered](err); ok && answer.name == "invalid_idempotent_request" {
		return alreadySent, nil // the same mail went out in other words: a release came between
	}
	if err != nil {
		return "", err
	}
	return sent.Id, nil
}

// answered is an answer of Resend that is none of success. The library's own
// errors leave the status out.
type answered struct {
	status int
	name   string // as in validation_error; never the message, which may repeat the address
	wait   time.Duration
}

func (a *answered) Error() string {
	return fmt.Sprintf("Resend answered %d %s", a.status, a.name)
}

// refused reports whether no repeat can mend it. A refused key or sender (401,
// 403) is the operator's to mend, so those mails wait.
func (a *answered) refused() bool {
	switch a.status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusRequestTimeout, http.StatusConflict, http.StatusTooEarly, http.StatusTooManyRequests:
		return false
	}
	return a.status >= 400 && a.status < 500
}

// strict turns every answer but success into an answered error.
type strict struct{ next http.RoundTripper }

func (s strict) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := s.next.RoundTrip(req)
	if err != nil || resp.StatusCode < 300 {
		return resp, err
	}
	defer resp.Body.Close()
	var body struct {
		Name string `json:"name"`
	}
	raw, err := io.ReadAll(io.LimitReader(resp.Body, 4096))
	if err == nil {
		err = json.Unmarshal(raw, &body)
	}
	if err != nil || len(body.Name) > 60 {
		body.Name = "without a reason"
	}
	return nil, &answered{status: resp.StatusCode, name: body.Name, wait: waitOf(resp)}
}

// waitOf is how long to wait for a limit to pass, an hour at most; 0 where the
// queue's own backoff is right.
func waitOf(resp *http.Response) time.Duration {
	if resp.StatusCode != http.StatusTooManyRequests && resp.StatusCode != http.StatusServiceUnavailable {
		return 0
	}
	seconds, err := strconv.Atoi(resp.Header.Get("Retry-After"))
	switch {
	case err == nil && seconds > 0:
		return time.Duration(min(seconds, 3600)) * time.Second
	case resp.StatusCode == http.StatusTooManyRequests:
		return time.Minute
	default:
		return 0
	}
}
