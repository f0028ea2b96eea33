package step

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"levqor/jobs/credential"
	"levqor/jobs/dial"
	"levqor/jobs/fail"
	"levqor/jobs/workflow/class"
	"levqor/jobs/workflow/expr"
)

// Bounds of one request.
const (
	largestReply  = 1 << 20 // of the decoded body
	agent         = "Levqor"
	mostRedirects = 5
	httpTimeout   = 30 * time.Second
	longestTime   = 5 * time.Minute // whatever a step's settings allow
)

// HTTPRequest asks a server of the customer's choice. Every address, redirects
// included, is judged by the guard when it is dialed.
func HTTPRequest(guard dial.Guard, credentials *credential.Credentials) *Spec {
	h := &httpRequest{credentials: credentials, transport: &http.Transport{
		DialContext: guard.DialContext, ForceAttemptHTTP2: true, IdleConnTimeout: time.Minute, MaxIdleConns: 200, MaxIdleConnsPerHost: 16,
		MaxResponseHeaderBytes: 64 << 10, TLSHandshakeTimeout: 10 * time.Second,
	}}
	return &Spec{
		Kind: "http_request", Group: "outside", Icon: "globe", Mode: Outside, Class: class.C, Timeout: httpTimeout, Tries: 3, First: 2 * time.Second,
		Fields: []Field{
			{Name: "method", Type: Choice, Choices: []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"}, AsIs: true, Default: "GET", Plain: true},
			{Name: "url", Type: Text, Required: true},
			{Name: "query", Type: Map},
			{Name: "headers", Type: Map},
			{Name: "body", Type: Value},
			{Name: "credential", Type: Credential, Plain: true},
			{Name: "accept_errors", Type: Bool, Default: false, Plain: true},
		},
		Output:   []Output{{"status", "number"}, {"body", "any"}, {"headers", "map"}},
		Classify: classifyHTTP,
		Reach:    reachHTTP,
		Do:       h.do,
	}
}

type httpRequest struct {
	credentials *credential.Credentials
	transport   *http.Transport
}

// classifyHTTP: reading is harmless, writing can't be taken back.
func classifyHTTP(_ context.Context, call Call) (class.Class, error) {
	if writes(call.text("method")) {
		return class.C, nil
	}
	return class.A, nil
}

func writes(method string) bool { return method != http.MethodGet && method != http.MethodHead }

func reachHTTP(config map[string]any) string {
	call := Call{Config: config}
	host := call.text("url")
	if u, err := url.Parse(host); err == nil {
		host = u.Scheme + "://" + u.Host
	}
	return call.text("method") + " " + host
}

func (h *httpRequest) do(ctx context.Context, call Call) (any, error) {
	request, err := h.request(ctx, call)
	if err != nil {
		return nil, err
	}
	var shown credential.Ready
	if id, ok := call.Config["credential"].(string); ok && id != "" {
		parsed, err := uuid.Parse(id)
		if err != nil {
			return nil, fail.Work(nil, fail.ClassConfig, "credential.fail.gone")
		}
		if shown, err = h.credentials.Open(ctx, call.Workspace, parsed); err != nil {
			return nil, err
		}
	}
	client := &http.Client{Transport: showing{h.transport, shown}, Timeout: longestTime, CheckRedirect: follow}
	response, err := client.Do(request)
	if err != nil {
		return nil, unreached(err)
	}
	defer response.Body.Close()
	return h.read(call, response, shown)
}

// follow goes where the server sends us on. What writes goes to no other host than
// the one that was approved; nor do headers, which may hold secrets.
func follow(next *http.Request, via []*http.Request) error {
	if len(via) > mostRedirects {
		return fail.Work(nil, fail.ClassConfig, "step.http_request.fail.redirects", "max", mostRedirects)
	}
	if err := checkURL(next.URL); err != nil {
		return err
	}
	from := via[0].URL
	if strings.EqualFold(next.URL.Host, from.Host) && (next.URL.Scheme == from.Scheme || next.URL.Scheme == "https") {
		return nil
	}
	if writes(next.Method) {
		return fail.Work(nil, fail.ClassConfig, "step.http_request.fail.elsewhere", "host", next.URL.Host)
	}
	next.Header = http.Header{"User-Agent": {agent}}
	return nil
}

// showing puts the credential on each hop that goes to its host.
type showing struct {
	http.RoundTripper
	credential credential.Ready
}

func (s showing) RoundTrip(request *http.Request) (*http.Response, error) {
	own := request.Clone(request.Context())
	s.credential.Show(own)
	return s.RoundTripper.RoundTrip(own)
}

func (h *httpRequest) request(ctx context.Context, call Call) (*http.Request, error) {
	method, _ := call.Config["method"].(string)
	address, _ := call.Config["url"].(string)
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		return nil, fail.Work(err, fail.ClassConfig, "step.http_request.fail.url")
	}
	if err := checkURL(u); err != nil {
		return nil, err
	}
	if more, ok := call.Config["query"].(map[string]any); ok && len(more) > 0 {
		query := u.Query()
		for name, value := range more {
			text, err := expr.Words(value)
			if err != nil {
				return nil, err
			}
			query.Set(name, text)
		}
		u.RawQuery = query.Encode()
	}
	body, kind, err := bodyOf(call.Config["body"])
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, fail.Work(err, fail.ClassConfig, "step.http_request.fail.url")
	}
	request.Header.Set("User-Agent", agent)
	if len(body) > 0 {
		request.Header.Set("Content-Type", kind)
	}
	headers, _ := call.Config["headers"].(map[string]any)
	for name, value := range headers {
		text, err := expr.Words(value)
		if err != nil || !validHeader(name, text) {
			return nil, fail.Work(err, fail.ClassConfig, "step.http_request.fail.header", "name", name)
		}
		request.Header.Set(name, text)
	}
	if writes(method) {
		request.Header.Set("Idempotency-Key", call.Token)
	}
	return request, nil
}

func bodyOf(value any) (body []byte, kind string, err error) {
	switch v := value.(type) {
	case nil:
		return nil, "", nil
	case string:
		if json.Valid([]byte(v)) {
			return []byte(v), "application/json", nil
		}
		return []byte(v), "text/plain; charset=utf-8", nil
	default:
		body, err = json.Marshal(v)
		return body, "application/json", err
	}
}

func checkURL(u *url.URL) error {
	if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil {
		return fail.Work(nil, fail.ClassConfig, "step.http_request.fail.url")
	}
	return nil
}

var ownHeaders = map[string]bool{"connection": true, "content-length": true, "host": true, "idempotency-key": true, "proxy-authorization": true,
	"te": true, "trailer": true, "transfer-encoding": true, "upgrade": true}

func validHeader(name, value string) bool {
	if name == "" || ownHeaders[strings.ToLower(name)] || strings.ContainsAny(value, "\r\n\x00") {
		return false
	}
	return strings.Trim(strings.ToLower(name), "abcdefghijklmnopqrstuvwxyz0123456789-_") == ""
}

// read takes the reply, up to its bound.
func (h *httpRequest) read(call Call, response *http.Response, shown credential.Ready) (any, error) {
	body, err := io.ReadAll(io.LimitReader(response.Body, largestReply+1))
	if err != nil {
		return nil, unreached(err)
	}
	if len(body) > largestReply {
		return nil, fail.Work(nil, fail.ClassConfig, "step.http_request.fail.large", "max", largestReply>>20)
	}
	accept, _ := call.Config["accept_errors"].(bool)
	if response.StatusCode >= http.StatusBadRequest && !accept {
		class := fail.ClassConfig
		switch {
		case response.StatusCode == http.StatusUnauthorized, response.StatusCode == http.StatusForbidden:
			class = fail.ClassCredentials
		case response.StatusCode == http.StatusTooManyRequests, response.StatusCode >= 500:
			class = fail.ClassTransient
		}
		return nil, fail.Work(nil, class, "step.http_request.fail.status", "status", response.StatusCode, "host", response.Request.URL.Host)
	}
	headers := map[string]any{}
	for name, values := range response.Header {
		if !strings.EqualFold(name, "Set-Cookie") {
			headers[strings.ToLower(name)] = shown.Mask(strings.Join(values, ", "))
		}
	}
	return map[string]any{"status": float64(response.StatusCode), "headers": headers, "body": decoded(response, shown.Mask(string(body)))}, nil
}

func decoded(response *http.Response, body string) any {
	kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if kind == "application/json" || strings.HasSuffix(kind, "+json") {
		var value any
		if json.Unmarshal([]byte(body), &value) == nil {
			return value
		}
	}
	return strings.ReplaceAll(strings.ToValidUTF8(body, "\uFFFD"), "\x00", "")
}

// unreached says why no answer came, without the address's secrets.
func unreached(err error) error {
	if known, ok := errors.AsType[*fail.Error](err); ok {
		return known
	}
	if failed, ok := errors.AsType[*url.Error](err); ok {
		err = failed.Err
	}
	return dial.Explain(err)
}
