package live_test

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/app"
	"levqor/app/apptest"
	"levqor/jobs/live"
)

// stream is an open connection of a person.
type stream struct {
	t      *testing.T
	answer *http.Response
	lines  *bufio.Scanner
}

func open(t *testing.T, base string, p *apptest.Person, query string) *stream {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/live?"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.AddCookie(&http.Cookie{Name: "levqor_session", Value: p.Cookie("levqor_session")})
	answer, err := (&http.Client{Transport: &http.Transport{}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	s := &stream{t: t, answer: answer, lines: bufio.NewScanner(answer.Body)}
	if answer.StatusCode == http.StatusOK && s.next() != "retry: 2000" {
		t.Fatal("the stream did not begin")
	}
	return s
}

// next is the next line that says something; "" at the end.
func (s *stream) next() string {
	for s.lines.Scan() {
		if s.lines.Text() != "" {
			return s.lines.Text()
		}
	}
	return ""
}

// event is the next event's name.
func (s *stream) event() string {
	s.t.Helper()
	for line := s.next(); line != ""; line = s.next() {
		if name, ok := strings.CutPrefix(line, "event: "); ok {
			return name
		}
	}
	return ""
}

func tell(t *testing.T, h *apptest.House, workspace uuid.UUID, topics ...live.Topic) {
	t.Helper()
	err := h.Services.DB.AsSystem(t.Context(), func(ctx context.Context, tx pgx.Tx) error {
		for _, topic := range topics {
			if err := live.Notify(ctx, tx, workspace, topic); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// listening waits until the process hears what Postgres tells.
func listening(t *testing.T, h *apptest.House, base string) {
	t.Helper()
	heard := make(chan string)
	s := open(t, base, h.Owner, "topic=ready")
	go func() { heard <- s.event() }()
	for tick := time.NewTicker(20 * time.Millisecond); ; tell(t, h, h.Actor.Workspace, "ready") {
		select {
		case name := <-heard:
			tick.Stop()
			if name != "ready" {
				t.Fatal("the feed is silent")
			}
			return
		case <-tick.C:
		}
	}
}

func TestLive(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	base := h.Serve()
	listening(t, h, base)
	t.Run("nobody who is signed out hears anything", func(t *testing.T) {
		if s := open(t, base, h.Anonymous(), "topic=backups"); s.answer.StatusCode != http.StatusSeeOther {
			t.Errorf("%d", s.answer.StatusCode)
		}
	})
	t.Run("what is no topic, and too many of them, are refused", func(t *testing.T) {
		for _, query := range []string{"topic=../x", "topic=A", "topic=a%0Ab", "topic=" + strings.Repeat("a", 99) + "-" + strings.Repeat("b", 99), strings.Repeat("topic=a&", 65)} {
			if s := open(t, base, h.Owner, query); s.answer.StatusCode != http.StatusUnprocessableEntity {
				t.Errorf("%s: %d", query, s.answer.StatusCode)
			}
		}
	})
	t.Run("a change is told, what was not asked for is not", func(t *testing.T) {
		s := open(t, base, h.Owner, "topic=backups&topic=alerts")
		tell(t, h, h.Actor.Workspace, "sources", "backups")
		if got := s.event(); got != "backups" {
			t.Errorf("heard %q", got)
		}
	})
	t.Run("another workspace's changes tell nothing, even of a task whose id is known", func(t *testing.T) {
		topic := live.Topic("task-" + uuid.NewString())
		s := open(t, base, h.Stranger, "topic=done&topic="+string(topic))
		tell(t, h, h.Actor.Workspace, topic)
		tell(t, h, h.Other.Workspace, "done")
		if got := s.event(); got != "done" {
			t.Errorf("a stranger heard %q", got)
		}
	})
	t.Run("one person can't open streams without end", func(t *testing.T) {
		p := h.SignIn("many@example.com")
		var last *stream
		for range 65 {
			last = open(t, base, p, "topic=backups")
		}
		if last.answer.StatusCode != http.StatusTooManyRequests {
			t.Errorf("the 65th: %d", last.answer.StatusCode)
		}
	})
}

func TestStreamsEndWithTheProcess(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	stop, cancel := context.WithCancel(t.Context())
	var err error
	if h.App, err = app.New(stop, h.Services); err != nil {
		t.Fatal(err)
	}
	s := open(t, h.Serve(), h.Owner, "topic=backups")
	cancel()
	if got := s.event(); got != "" || s.lines.Err() != nil {
		t.Errorf("went on with %q, or broke off: %v", got, s.lines.Err())
	}
}
