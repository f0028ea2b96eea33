package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"levqor/locales"
)

// statusProblem is for what only has a status.
func statusProblem(ctx context.Context, status int) *Problem {
	key := "fail.malformed"
	switch {
	case status == http.StatusNotFound:
		key = "fail.not_found"
	case status == http.StatusMethodNotAllowed:
		key = "fail.method"
	case status == http.StatusRequestEntityTooLarge, status == http.StatusRequestHeaderFieldsTooLarge:
		key = "fail.too_large"
	case status == http.StatusUnsupportedMediaType:
		key = "api.fail.media_type"
	case status >= http.StatusInternalServerError:
		status, key = http.StatusInternalServerError, "fail.internal"
	case status == http.StatusBadRequest:
		status = http.StatusUnprocessableEntity
	}
	return newProblem(ctx, status, key, nil)
}

// schemaProblem is what the document's own rules refuse: a body that is no JSON, a
// missing field, a number out of range. huma's words may repeat the value, so that
// ours stand in for them.
func schemaProblem(ctx context.Context, status int, errs []error) *Problem {
	p := statusProblem(ctx, status)
	for _, err := range errs {
		detailer, ok := err.(huma.ErrorDetailer)
		if !ok {
			continue
		}
		detail := detailer.ErrorDetail()
		place, rest, _ := strings.Cut(detail.Location, ".")
		if place == "path" {
			return statusProblem(ctx, http.StatusNotFound) // an id that can't be one is nobody's
		}
		p.Fields = append(p.Fields, schemaField(ctx, place, rest, detail.Message))
	}
	return p
}

// rules are huma's messages by how they begin; what follows is the schema's, never
// the caller's, and goes into our words under the given name.
var rules = []struct{ begins, key, arg string }{
	{"expected array length <=", "api.field.items_most", "most"},
	{"expected array", "api.field.array", ""},
	{"expected boolean", "api.field.boolean", ""},
	{"expected integer", "api.field.integer", ""},
	{"expected length <=", "api.field.length_most", "most"},
	{"expected length >=", "api.field.length_least", "least"},
	{"expected number <=", "api.field.most", "most"},
	{"expected number >=", "api.field.least", "least"},
	{"expected number", "api.field.number", ""},
	{"expected object", "api.field.object", ""},
	{"expected string to be RFC 3339", "api.field.time", ""},
	{"expected string to be RFC 4122 uuid", "api.field.id", ""},
	{"expected string", "api.field.string", ""},
	{"expected value to be one of", "api.field.one_of", "choices"},
	{"required ", "api.field.required", ""},
	{"unexpected property", "api.field.unknown", ""},
	{"unknown query parameter", "api.field.unknown", ""},
}

// longestField bounds the name of a field that the caller made up.
const longestField = 120

func schemaField(ctx context.Context, place, name, message string) ProblemField {
	if missing, ok := strings.CutPrefix(message, "expected required property "); ok {
		missing, _, _ = strings.Cut(missing, " ")
		name, message = strings.TrimPrefix(name+"."+missing, "."), "required "
	}
	if name == "" {
		name = place
	}
	if len(name) > longestField {
		name = strings.ToValidUTF8(name[:longestField], "")
	}
	for _, rule := range rules {
		rest, ok := strings.CutPrefix(message, rule.begins)
		if !ok {
			continue
		}
		var pairs []any
		if rule.arg != "" {
			pairs = []any{rule.arg, strings.Trim(rest, ` "`)}
		}
		return ProblemField{Field: name, Code: rule.key, Message: locales.T(ctx, rule.key, pairs...)}
	}
	return ProblemField{Field: name, Code: "api.field.malformed", Message: locales.T(ctx, "api.field.malformed")}
}
