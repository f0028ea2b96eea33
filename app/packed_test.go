package app_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"

	"levqor/app/apptest"
)

// TestPackedBodies: a body that grows a thousandfold is refused before anything
// looks at it, whoever sends it and wherever, and costs about what came in.
func TestPackedBodies(t *testing.T) {
	h := apptest.New(t)
	token := h.Token("manage")
	packed := zeros(t, 64<<20)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	sent := 0
	for _, encoding := range []string{"gzip", "GZIP", "deflate", "br", "identity, gzip", "gzip, gzip", " gzip "} {
		for _, path := range []string{"/hooks/nobody", "/hooks/runs/nobody", "/sign-in", "/api/v1/sources", "/api/v1/workflows", "/sources", "/forms/check", "/admin/jobs/api/jobs/cancel"} {
			request := httptest.NewRequest(http.MethodPost, path, bytes.NewReader(packed))
			request.Header["Content-Encoding"] = []string{encoding}
			request.Header.Set("Content-Type", "application/json")
			request.Header.Set("Authorization", "Bearer "+token)
			if got := h.Do(request); got.Status != http.StatusUnsupportedMediaType {
				t.Errorf("%s to %s: %d %.100s", encoding, path, got.Status, got.Body)
			}
			sent++
		}
	}
	runtime.ReadMemStats(&after)
	if each := (after.TotalAlloc - before.TotalAlloc) / uint64(sent); each > 4<<20 {
		t.Errorf("each of %d KB took %d MB", len(packed)>>10, each>>20)
	}
	plain := httptest.NewRequest(http.MethodPost, "/hooks/nobody", bytes.NewReader([]byte("{}")))
	plain.Header.Set("Content-Encoding", "identity")
	if got := h.Do(plain); got.Status != http.StatusNotFound {
		t.Errorf("as it is: %d %s", got.Status, got.Body)
	}
}

func zeros(t *testing.T, size int64) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := io.CopyN(w, zero{}, size); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

type zero struct{}

func (zero) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}
