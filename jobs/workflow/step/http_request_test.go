package step_test

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"levqor/jobs/credential"
	"levqor/jobs/dial"
	"levqor/jobs/fail"
	"levqor/jobs/workflow/class"
	"levqor/jobs/workflow/step"
)

// asked is what a server was asked.
type asked struct {
	mu       sync.Mutex
	requests []*http.Request
	bodies   []string
}

func (a *asked) note(r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.requests, a.bodies = append(a.requests, r), append(a.bodies, string(body))
}

func serve(t *testing.T, answer http.HandlerFunc) (address string, seen *asked) {
	t.Helper()
	seen = &asked{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen.note(r)
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL, seen
}

func request(t *testing.T, policy dial.Policy, config map[string]any) (map[string]any, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	return requestIn(ctx, policy, config)
}

func requestIn(ctx context.Context, policy dial.Policy, config map[string]any) (map[string]any, error) {
	spec := step.HTTPRequest(dial.Guard{Policy: policy}, nil)
	output, err := spec.Do(ctx, step.Call{Config: spec.WithDefaults(config), Token: "token-1"})
	answer, _ := output.(map[string]any)
	return answer, err
}

func wants(t *testing.T, err error, key string, class fail.Class) {
	t.Helper()
	known, ok := errors.AsType[*fail.Error](err)
	if !ok || known.Key != key || known.Class != class {
		t.Errorf("%v, want %s of class %s", err, key, class)
	}
}

func TestHTTPRequest(t *testing.T) {
	t.Parallel()
	t.Run("sends what it is told and reads the reply as JSON", func(t *testing.T) {
		t.Parallel()
		address, seen := serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
			w.Header().Set("Set-Cookie", "a=b")
			w.Header().Set("X-Left", "7")
			fmt.Fprint(w, `{"id": 5, "tags": ["a"]}`)
		})
		got, err := request(t, dial.Anything, map[string]any{
			"method": "POST", "url": address + "/orders?a=1", "query": map[string]any{"b": 2.0}, "headers": map[string]any{"X-Kind": "new"},
			"body": map[string]any{"total": 9.5}})
		if err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(got["body"]) != "map[id:5 tags:[a]]" || got["status"] != 200.0 {
			t.Errorf("%v", got)
		}
		if headers := got["headers"].(map[string]any); headers["x-left"] != "7" || headers["set-cookie"] != nil {
			t.Errorf("%v", headers)
		}
		r := seen.requests[0]
		if r.URL.RawQuery != "a=1&b=2" || r.Header.Get("X-Kind") != "new" || r.Header.Get("Content-Type") != "application/json" ||
			r.Header.Get("Idempotency-Key") != "token-1" || seen.bodies[0] != `{"total":9.5}` {
			t.Errorf("%s %v %s", r.URL, r.Header, seen.bodies[0])
		}
	})
	t.Run("text stays text, and bytes become readable", func(t *testing.T) {
		t.Parallel()
		address, seen := serve(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "a\x00b\xff") })
		got, err := request(t, dial.Anything, map[string]any{"url": address})
		if err != nil || got["body"] != "ab\uFFFD" || seen.requests[0].Header.Get("Idempotency-Key") != "" {
			t.Errorf("%q, %v", got, err)
		}
	})
	t.Run("an answer that says no", func(t *testing.T) {
		t.Parallel()
		for status, class := range map[int]fail.Class{
			400: fail.ClassConfig, 401: fail.ClassCredentials, 403: fail.ClassCredentials, 404: fail.ClassConfig, 429: fail.ClassTransient, 503: fail.ClassTransient,
		} {
			address, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(status)
				io.WriteString(w, "no")
			})
			_, err := request(t, dial.Anything, map[string]any{"url": address})
			wants(t, err, "step.http_request.fail.status", class)
			got, err := request(t, dial.Anything, map[string]any{"url": address, "accept_errors": true})
			if err != nil || got["status"] != float64(status) || got["body"] != "no" {
				t.Errorf("%d is not accepted: %v, %v", status, got, err)
			}
		}
	})
	t.Run("what can't be sent", func(t *testing.T) {
		t.Parallel()
		for _, url := range []string{"example.com", "file:///etc/passwd", "https://user:word@example.com", "http://", "gopher://x", "http://a b/"} {
			_, err := request(t, dial.Anything, map[string]any{"url": url})
			wants(t, err, "step.http_request.fail.url", fail.ClassConfig)
		}
		for _, header := range []string{"Host", "Idempotency-Key", "Content-Length", "X Y", ""} {
			_, err := request(t, dial.Anything, map[string]any{"url": "http://127.0.0.1:1", "headers": map[string]any{header: "x"}})
			wants(t, err, "step.http_request.fail.header", fail.ClassConfig)
		}
		_, err := request(t, dial.Anything, map[string]any{"url": "http://127.0.0.1:1", "headers": map[string]any{"X": "a\r\nY: b"}})
		wants(t, err, "step.http_request.fail.header", fail.ClassConfig)
	})
	t.Run("reading is harmless, writing needs a person", func(t *testing.T) {
		t.Parallel()
		spec := step.HTTPRequest(dial.Guard{}, nil)
		for method, want := range map[string]class.Class{"GET": class.A, "HEAD": class.A, "POST": class.C, "DELETE": class.C} {
			config := map[string]any{"method": method, "url": "https://api.example.com/a/b?c=d"}
			got, err := spec.Classify(t.Context(), step.Call{Config: config})
			if err != nil || got != want || spec.Reach(config) != method+" https://api.example.com" {
				t.Errorf("%s: %s %s, %v", method, got, spec.Reach(config), err)
			}
		}
	})
}

func TestHTTPRequestIsBounded(t *testing.T) {
	t.Parallel()
	t.Run("10 GB are cut off", func(t *testing.T) {
		t.Parallel()
		var sent atomic.Int64
		done := make(chan struct{})
		address, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
			defer close(done)
			block := make([]byte, 64<<10)
			for sent.Load() < 10<<30 {
				n, err := w.Write(block)
				sent.Add(int64(n))
				if err != nil {
					return
				}
			}
		})
		_, err := request(t, dial.Anything, map[string]any{"url": address})
		wants(t, err, "step.http_request.fail.large", fail.ClassConfig)
		<-done
		if sent.Load() > 100<<20 {
			t.Errorf("%d bytes were taken", sent.Load())
		}
	})
	t.Run("a bomb of gzip is measured as it unfolds", func(t *testing.T) {
		t.Parallel()
		address, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			packed := gzip.NewWriter(w)
			block := make([]byte, 1<<20)
			for range 1 << 10 {
				if _, err := packed.Write(block); err != nil {
					return
				}
			}
			packed.Close()
		})
		_, err := request(t, dial.Anything, map[string]any{"url": address})
		wants(t, err, "step.http_request.fail.large", fail.ClassConfig)
	})
	t.Run("a server that never answers", func(t *testing.T) {
		t.Parallel()
		address, _ := serve(t, func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		_, err := requestIn(ctx, dial.Anything, map[string]any{"url": address})
		wants(t, err, "dial.fail.timeout", fail.ClassTransient)
	})
	t.Run("a loop of redirects", func(t *testing.T) {
		t.Parallel()
		address, seen := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/again", http.StatusFound) })
		_, err := request(t, dial.Anything, map[string]any{"url": address})
		wants(t, err, "step.http_request.fail.redirects", fail.ClassConfig)
		if len(seen.requests) != 6 {
			t.Errorf("asked %d times", len(seen.requests))
		}
	})
	t.Run("nobody there", func(t *testing.T) {
		t.Parallel()
		_, err := request(t, dial.Anything, map[string]any{"url": "http://127.0.0.1:1/"})
		wants(t, err, "dial.fail.connection_refused", fail.ClassTransient)
	})
}

func TestHTTPRequestStaysOutside(t *testing.T) {
	t.Parallel()
	address, seen := serve(t, func(w http.ResponseWriter, r *http.Request) {})
	for _, url := range []string{address, strings.Replace(address, "127.0.0.1", "localhost", 1), strings.Replace(address, "127.0.0.1", "[::ffff:127.0.0.1]", 1),
		strings.Replace(address, "127.0.0.1", "2130706433", 1), "http://10.0.0.1/", "http://169.254.169.254/latest/meta-data"} {
		_, err := request(t, dial.Public, map[string]any{"url": url})
		if known, ok := errors.AsType[*fail.Error](err); !ok || known.Key != "dial.fail.refused" && known.Key != "dial.fail.no_such_host" {
			t.Errorf("%s: %v", url, err)
		}
	}
	// The guard of a self-hoster lets this machine be reached, and so the redirect begin.
	via, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://169.254.169.254/", http.StatusFound)
	})
	_, err := request(t, dial.Private, map[string]any{"url": via})
	wants(t, err, "dial.fail.refused", fail.ClassConfig)
	if len(seen.requests) != 0 {
		t.Errorf("%d requests came through", len(seen.requests))
	}
}

func TestHTTPRequestSentElsewhere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	other, seen := serve(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "other") })
	address, first := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Echo", r.Header.Get("X-Key"))
		switch r.URL.Path {
		case "/away":
			http.Redirect(w, r, other, http.StatusTemporaryRedirect)
		case "/near":
			http.Redirect(w, r, "/", http.StatusTemporaryRedirect)
		default:
			io.WriteString(w, r.Header.Get("X-Key"))
		}
	})
	id, err := h.credentials.Create(t.Context(), h.Actor, credential.Input{
		Name: "shop", Kind: credential.Header, Header: "X-Key", Host: strings.TrimPrefix(address, "http://"), Secret: "canary-secret"})
	if err != nil {
		t.Fatal(err)
	}
	spec := step.HTTPRequest(dial.Guard{Policy: dial.Anything}, h.credentials)
	do := func(method, path string) (map[string]any, error) {
		output, err := spec.Do(t.Context(), step.Call{Workspace: h.Actor.Workspace, Config: spec.WithDefaults(map[string]any{
			"method": method, "url": address + path, "credential": id.String(), "headers": map[string]any{"X-Own": "typed"}})})
		got, _ := output.(map[string]any)
		return got, err
	}
	got, err := do("GET", "/near")
	if err != nil || first.requests[1].Header.Get("X-Key") != "canary-secret" || got["body"] != "•••" || strings.Contains(fmt.Sprint(got), "canary") {
		t.Errorf("its own host: %v, %v", got, err)
	}
	if got, err = do("GET", "/away"); err != nil || got["body"] != "other" {
		t.Fatalf("%v, %v", got, err)
	}
	if headers := seen.requests[0].Header; headers.Get("X-Key") != "" || headers.Get("X-Own") != "" {
		t.Errorf("another host was shown %v", headers)
	}
	_, err = do("POST", "/away")
	wants(t, err, "step.http_request.fail.elsewhere", fail.ClassConfig)
	if len(seen.requests) != 1 {
		t.Error("what was approved for one host was sent to another")
	}
	if err := h.credentials.Delete(t.Context(), h.Actor, id); err != nil {
		t.Fatal(err)
	}
	_, err = do("GET", "/")
	wants(t, err, "credential.fail.gone", fail.ClassConfig)
}

func TestHTTPRequestIsTriedAgainUnderTheSameKey(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var broken atomic.Int32
	address, seen := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if broken.Add(1) == 1 {
			w.WriteHeader(http.StatusBadGateway)
		}
	})
	run := h.run("  - {id: a, kind: http_request, config: {method: POST, url: \"%s\", body: hello}}", address)
	if class, input := h.waits(run, step.WaitApproval); class != "C" || input["url"] != address || len(seen.requests) != 0 {
		t.Fatalf("%s %v", class, input)
	}
	h.decide(run, "a", true)
	h.waits(run, step.WaitRetry)
	h.pass(time.Minute)
	h.ends(run)
	keys := []string{seen.requests[0].Header.Get("Idempotency-Key"), seen.requests[1].Header.Get("Idempotency-Key")}
	if len(seen.requests) != 2 || keys[0] == "" || keys[0] != keys[1] {
		t.Errorf("%v", keys)
	}
}
