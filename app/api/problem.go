package api

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/fail"
	"levqor/locales"
	"levqor/views/parts"
)

const problemType = "application/problem+json"

// Problem is an error as RFC 9457 writes it. Code is stable; Detail is for people.
type Problem struct {
	Type   string         `json:"type" example:"about:blank"`
	Title  string         `json:"title"`
	Status int            `json:"status"`
	Code   string         `json:"code" doc:"What went wrong; it stays the same in every version and language." example:"task.fail.busy"`
	Detail string         `json:"detail,omitempty" doc:"The same for people."`
	Mend   string         `json:"mend,omitempty" doc:"What to do about it."`
	Fields []ProblemField `json:"fields,omitempty" doc:"Every wrong input."`
	// Request is the id that the server's log knows this request by.
	Request string `json:"request_id" doc:"What our log knows this request by."`
}

// ProblemField is one wrong input. It never repeats the value: it may be a secret.
type ProblemField struct {
	Field   string `json:"field" doc:"Where in the body, or the name of the query parameter." example:"keep.daily_days"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

func (p *Problem) Error() string  { return p.Title }
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders tells a program when to come back.
func (p *Problem) GetHeaders() http.Header {
	if p.Status != http.StatusServiceUnavailable {
		return nil
	}
	return http.Header{"Retry-After": {web.RetryAfter}}
}

// ContentType answers problem+json whatever the client prefers.
func (p *Problem) ContentType(string) string { return problemType }

func newProblem(ctx context.Context, status int, key string, args map[string]any) *Problem {
	p := &Problem{Type: "about:blank", Status: status, Title: http.StatusText(status), Code: key, Request: web.RequestIDFrom(ctx)}
	p.Detail, p.Mend = wordsOf(ctx, key, args)
	return p
}

// wordsOf a failure: what happened, and what to do about it.
func wordsOf(ctx context.Context, key string, args map[string]any) (text, mend string) {
	found := parts.FailureOf(ctx, key, args)
	return found.Text, found.Mend
}

func problemOf(ctx context.Context, err error) *Problem {
	key, args := web.Words(err)
	if _, ok := errors.AsType[stale](err); ok {
		return newProblem(ctx, http.StatusPreconditionFailed, "fail.conflict", nil)
	}
	if refused, ok := errors.AsType[*fiber.Error](err); ok {
		return statusProblem(ctx, refused.Code)
	}
	switch {
	case fail.Is(err, fail.StepUp):
		key, args = "api.fail.admin_scope", nil // nobody is there to confirm anything
	case fail.Is(err, fail.Forbidden) && key == "fail.forbidden":
		key, args = "api.fail.scope", nil
	}
	p := newProblem(ctx, web.Status(err), key, args)
	for _, field := range web.Fields(err) {
		p.Fields = append(p.Fields, ProblemField{Field: field.Name, Code: field.Key, Message: locales.T(ctx, field.Key, locales.Pairs(field.Args)...)})
	}
	return p
}

// problem is what the client is told; what is our own fault is logged, once.
func (r *resources) problem(ctx context.Context, err error) *Problem {
	p := problemOf(ctx, err)
	if p.Status == http.StatusInternalServerError {
		r.site.Services.Log.ErrorContext(ctx, "api request failed", "request", p.Request, "error", err)
	}
	return p
}

// Owns reports whether a program asks, by the API or at a workflow's door: its
// errors are problems.
func Owns(c *fiber.Ctx) bool {
	path := strings.ToLower(c.Path())
	return path == "/api" || strings.HasPrefix(path, "/api/") || strings.HasPrefix(path, "/hooks/")
}

// Fail answers a request below /api that ended before or outside of an operation.
func Fail(s *web.Site, c *fiber.Ctx, err error) error {
	p := problemOf(s.Words(c), err)
	if p.Status == http.StatusServiceUnavailable {
		c.Set(fiber.HeaderRetryAfter, web.RetryAfter)
	}
	return c.Status(p.Status).JSON(p, problemType)
}
