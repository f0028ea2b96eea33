package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"levqor/app/web"
	"levqor/locales"
)

// Problem is an error as RFC 9457 writes it. Code is stable; Detail is for people.
type Problem struct {
	Type   string         `json:"type"`
	Title  string         `json:"title"`
	Status int            `json:"status"`
	Code   string         `json:"code"`
	Detail string         `json:"detail,omitempty"`
	Mend   string         `json:"mend,omitempty"`
	Fields []ProblemField `json:"fields,omitempty"`
	// Request is the id that the server's log knows this request by.
	Request string `json:"request_id,omitempty"`
}

// ProblemField is one wrong input. It never repeats the value: it may be a secret.
type ProblemField struct {
	Field   string `json:"field"`
	Code    string `json:"code,omitempty"`
	Message string `json:"message"`
}

func (p *Problem) Error() string  { return p.Title }
func (p *Problem) GetStatus() int { return p.Status }

// ContentType answers problem+json whatever the client prefers.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

func problemOf(ctx context.Context, err error) *Problem {
	key, args := web.Words(err)
	p := &Problem{Type: "about:blank", Status: web.Status(err), Code: key, Request: web.RequestIDFrom(ctx)}
	p.Title = http.StatusText(p.Status)
	p.Detail = locales.T(ctx, key+".text", locales.Pairs(args)...)
	if locales.Has(ctx, key+".mend") {
		p.Mend = locales.T(ctx, key+".mend", locales.Pairs(args)...)
	}
	for _, field := range web.Fields(err) {
		p.Fields = append(p.Fields, ProblemField{Field: field.Name, Code: field.Key, Message: locales.T(ctx, field.Key, locales.Pairs(field.Args)...)})
	}
	return p
}

// schemaProblem is what huma itself refuses: a body that is not JSON, a missing
// field, a number out of range. Values are left out.
func schemaProblem(ctx context.Context, status int, errs []error) *Problem {
	key := "fail.malformed"
	switch status {
	case http.StatusRequestEntityTooLarge:
		key = "fail.too_large"
	case http.StatusNotFound:
		key = "fail.not_found"
	case http.StatusInternalServerError:
		key = "fail.internal"
	}
	if status == http.StatusBadRequest {
		status = http.StatusUnprocessableEntity
	}
	p := &Problem{Type: "about:blank", Status: status, Title: http.StatusText(status), Code: key, Request: web.RequestIDFrom(ctx)}
	p.Detail = locales.T(ctx, key+".text")
	for _, err := range errs {
		if detailer, ok := err.(huma.ErrorDetailer); ok {
			detail := detailer.ErrorDetail()
			p.Fields = append(p.Fields, ProblemField{Field: detail.Location, Message: detail.Message})
		}
	}
	return p
}
