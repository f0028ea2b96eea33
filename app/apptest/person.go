package apptest

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// Person is somebody at a browser, which keeps its cookies.
type Person struct {
	Email   string
	house   *House
	cookies map[string]string
}

// Answer is what came back, its body read to the end.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// Location is where a redirect leads, also one for htmx.
func (a Answer) Location() string {
	if to := a.Header.Get("HX-Redirect"); to != "" {
		return to
	}
	return a.Header.Get("Location")
}

// Get asks for a page.
func (p *Person) Get(path string) Answer {
	p.house.t.Helper()
	return p.Do(httptest.NewRequest(http.MethodGet, path, nil))
}

// Fragment asks for a part of a page, as htmx does.
func (p *Person) Fragment(path string) Answer {
	p.house.t.Helper()
	req := httptest.NewRequest(http.MethodGet, path, nil)
	req.Header.Set("HX-Request", "true")
	return p.Do(req)
}

// Post sends a form, as a browser without JavaScript does. Pairs are name, value,
// name, value.
func (p *Person) Post(path string, pairs ...string) Answer {
	p.house.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	req := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", "http://example.com")
	req.Header.Set("Referer", "http://example.com"+path)
	return p.Do(req)
}

// Do sends any request with this browser's cookies.
func (p *Person) Do(req *http.Request) Answer {
	p.house.t.Helper()
	for name, value := range p.cookies {
		req.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	answer := p.house.Do(req)
	for _, cookie := range (&http.Response{Header: answer.Header}).Cookies() {
		if cookie.MaxAge < 0 {
			delete(p.cookies, cookie.Name)
			continue
		}
		p.cookies[cookie.Name] = cookie.Value
	}
	return answer
}

// Cookie is this browser's value of a cookie.
func (p *Person) Cookie(name string) string { return p.cookies[name] }

// Do sends any request through the whole stack.
func (h *House) Do(req *http.Request) Answer {
	h.t.Helper()
	answer, err := h.App.Test(req, -1)
	must(h.t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	must(h.t, err)
	return Answer{Status: answer.StatusCode, Header: answer.Header, Body: string(body)}
}

// JSON calls the API with a token; body "" sends none.
func (h *House) JSON(token, method, path, body string) Answer {
	h.t.Helper()
	req := httptest.NewRequest(method, path, strings.NewReader(body))
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return h.Do(req)
}

// Gzipped is how many bytes a page costs on the wire.
func Gzipped(t testing.TB, body string) int {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := io.WriteString(w, body)
	must(t, errors.Join(err, w.Close()))
	return out.Len()
}
