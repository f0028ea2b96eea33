package templates_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
)

// web is the world outside: it answers what a test tells it to, and remembers.
type web struct {
	address string
	mu      sync.Mutex
	says    map[string]reply
	seen    []string
}

type reply struct {
	status int
	body   string
}

func newWeb(t *testing.T) *web {
	w := &web{says: map[string]reply{}}
	server := httptest.NewServer(http.HandlerFunc(w.serve))
	t.Cleanup(server.Close)
	w.address = server.URL
	return w
}

func (w *web) serve(out http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen = append(w.seen, strings.TrimSpace(r.Method+" "+r.URL.RequestURI()+" "+string(body)))
	said, ok := w.says[r.URL.Path]
	if !ok {
		said = reply{http.StatusOK, "{}"}
	}
	out.Header().Set("Content-Type", "application/json")
	out.WriteHeader(said.status)
	_, _ = io.WriteString(out, said.body)
}

func (w *web) say(path string, status int, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.says[path] = reply{status, string(body)}
}

// got fails the test unless these are all the requests that arrived.
func (s *scene) got(want ...string) {
	s.t.Helper()
	s.web.mu.Lock()
	defer s.web.mu.Unlock()
	if !slices.Equal(s.web.seen, want) {
		s.t.Fatalf("arrived: %q, want %q", s.web.seen, want)
	}
}

func query(text string) string { return url.QueryEscape(text) }
