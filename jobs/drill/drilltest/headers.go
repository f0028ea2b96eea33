package drilltest

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"testing"
)

// keeper keeps what objects are stored with and the bucket behind it drops.
type keeper struct {
	mu     sync.Mutex
	stored map[string]http.Header
}

var droppedHeaders = []string{"Cache-Control", "Content-Language", "Expires", "X-Amz-Tagging", "X-Amz-Storage-Class"}

func (k *keeper) before(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		switch {
		case r.Method == http.MethodPut && r.Header.Get("X-Amz-Copy-Source") == "" && !query.Has("partNumber"),
			r.Method == http.MethodPost && query.Has("uploads"):
			k.keep(r)
		case r.Method == http.MethodGet && query.Has("tagging"):
			k.tags(w, r)
			return
		case r.Method == http.MethodGet || r.Method == http.MethodHead:
			k.give(w, r)
		}
		next.ServeHTTP(w, r)
	})
}

func (k *keeper) keep(r *http.Request) {
	k.mu.Lock()
	defer k.mu.Unlock()
	kept := http.Header{}
	for _, name := range droppedHeaders {
		if value := r.Header.Get(name); value != "" {
			kept.Set(name, value)
			r.Header.Del(name)
		}
	}
	k.stored[r.URL.Path] = kept
}

func (k *keeper) give(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for name, values := range k.stored[r.URL.Path] {
		if name == "X-Amz-Tagging" {
			tags, _ := url.ParseQuery(values[0])
			w.Header().Set("X-Amz-Tagging-Count", strconv.Itoa(len(tags)))
			continue
		}
		w.Header()[name] = values
	}
}

func (k *keeper) tags(w http.ResponseWriter, r *http.Request) {
	type tag struct{ Key, Value string }
	var answer struct {
		XMLName xml.Name `xml:"Tagging"`
		Tags    []tag    `xml:"TagSet>Tag"`
	}
	k.mu.Lock()
	found, _ := url.ParseQuery(k.stored[r.URL.Path].Get("X-Amz-Tagging"))
	k.mu.Unlock()
	for key := range found {
		answer.Tags = append(answer.Tags, tag{key, found.Get(key)})
	}
	text, _ := xml.Marshal(answer)
	_, _ = w.Write(text)
}

// PutWith stores an object with those headers.
func (b *Bucket) PutWith(t testing.TB, key, body string, headers map[string]string) {
	t.Helper()
	req := b.request(t, http.MethodPut, key, body)
	for name, value := range headers {
		req.Header.Set(name, value)
	}
	b.do(t, req)
}

// Headers are those of an object.
func (b *Bucket) Headers(t testing.TB, key string) http.Header {
	t.Helper()
	return b.do(t, b.request(t, http.MethodHead, key, ""))
}
