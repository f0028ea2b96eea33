package drilltest

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"levqor/jobs/source/bucket"
	"levqor/jobs/vault"
)

// Bucket is an S3-compatible bucket whose answers a test may spoil.
type Bucket struct {
	URL   string
	fault atomic.Pointer[Fault]
}

// Fault looks at each request first and says whether it has answered.
type Fault func(w http.ResponseWriter, r *http.Request) (answered bool)

// BucketName is the only bucket that there is.
const BucketName = "copies"

// NewBucket starts one; it ends with the test.
func NewBucket(t testing.TB) *Bucket {
	t.Helper()
	backend := s3mem.New()
	must(t, backend.CreateBucket(BucketName))
	kept := &keeper{stored: map[string]http.Header{}}
	inner := kept.before(gofakes3.New(backend, gofakes3.WithLogger(gofakes3.DiscardLog())).Server())
	b := &Bucket{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fault := b.fault.Load()
		if fault == nil || r.Header.Get(quietly) != "" || !(*fault)(w, r) {
			inner.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	b.URL = server.URL
	return b
}

// Disturb spoils answers from now on; nil stops that.
func (b *Bucket) Disturb(fault Fault) {
	if fault == nil {
		b.fault.Store(nil)
		return
	}
	b.fault.Store(&fault)
}

// quietly marks the requests of the test itself.
const quietly = "X-Levqor-Test"

// Put stores an object, whatever Disturb says.
func (b *Bucket) Put(t testing.TB, key, body string) {
	t.Helper()
	b.do(t, b.request(t, http.MethodPut, key, body))
}

func (b *Bucket) request(t testing.TB, method, key, body string) *http.Request {
	t.Helper()
	at := (&url.URL{Path: "/" + BucketName + "/" + key}).EscapedPath()
	req, err := http.NewRequestWithContext(t.Context(), method, b.URL+at, bytes.NewBufferString(body))
	must(t, err)
	req.Header.Set(quietly, "1")
	return req
}

func (b *Bucket) do(t testing.TB, req *http.Request) http.Header {
	t.Helper()
	answer, err := http.DefaultClient.Do(req)
	must(t, err)
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %s", req.Method, req.URL, answer.Status)
	}
	return answer.Header
}

// Source is the access to what lies below the prefix.
func (b *Bucket) Source(prefix string) *bucket.Config {
	return &bucket.Config{Endpoint: b.URL, Region: "eu-central-1", Bucket: BucketName, Prefix: prefix, AccessKey: "AKIATEST"}
}

// Vault is one below the prefix.
func (b *Bucket) Vault(name, prefix string) vault.Input {
	return vault.Input{Name: name, Kind: vault.S3, Endpoint: b.URL, Region: "eu-central-1", Bucket: BucketName, Prefix: prefix,
		AccessKey: "AKIATEST", SecretKey: "secret key"}
}

// Silent is the fault of taking a request and never answering it.
func Silent(_ http.ResponseWriter, r *http.Request) bool {
	_, _ = io.Copy(io.Discard, r.Body) // only then the server sees that the client gave up
	<-r.Context().Done()
	return true
}

// Refuse answers as S3 does when it says no.
func Refuse(w http.ResponseWriter, status int, code string) { RefuseWith(w, status, code, "no") }

// RefuseWith is Refuse in those words.
func RefuseWith(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>` + code + `</Code><Message>` + message + `</Message></Error>`))
}
