package kopia

import (
	"context"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"
)

// TestABucketWithFaults is R6 in short: with one request in eight answered by
// 503, a reset, a truncated body or a flipped bit, backups succeed and nothing
// is silently wrong.
func TestABucketWithFaults(t *testing.T) {
	t.Parallel()
	loc := fakeS3(t)
	inner, err := url.Parse(loc.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	var faults atomic.Int64
	forward := httputil.NewSingleHostReverseProxy(inner)
	forward.ErrorLog = log.New(io.Discard, "", 0)
	forward.ModifyResponse = func(resp *http.Response) error {
		if resp.Request.Method == http.MethodGet && rand.IntN(8) == 0 && resp.ContentLength > 100 {
			faults.Add(1)
			resp.Body = http.MaxBytesReader(nil, resp.Body, resp.ContentLength/2) // ends early
		}
		return nil
	}
	forward.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch rand.IntN(16) {
		case 0:
			faults.Add(1)
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprint(w, `<Error><Code>SlowDown</Code></Error>`)
		case 1:
			faults.Add(1)
			panic(http.ErrAbortHandler) // a reset
		case 2:
			if r.Method == http.MethodPut && r.ContentLength > 0 {
				faults.Add(1)
				r.Body = flipping{r.Body}
			}
			fallthrough
		default:
			forward.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	loc.Endpoint = server.URL
	r := vault(t, loc, Options{})
	for i := range rounds(6, 200) {
		name := fmt.Sprint("run ", i)
		res, err := r.Write(t.Context(), Snapshot{Source: name, Start: noon}, nil, func(ctx context.Context, w *Writer) error {
			_, err := w.Stream(ctx, "dump", noon, noise(uint64(i), 2<<20))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		damage, err := r.VerifySnapshot(t.Context(), res.ManifestID, 100, nil)
		if err != nil || len(damage) > 0 {
			t.Fatal(damage, err)
		}
	}
	t.Logf("%d faults", faults.Load())
}

type flipping struct {
	body interface {
		Read([]byte) (int, error)
		Close() error
	}
}

func (f flipping) Close() error { return f.body.Close() }

func (f flipping) Read(p []byte) (int, error) {
	n, err := f.body.Read(p)
	if n > 0 {
		p[n/2] ^= 1
	}
	return n, err
}
