package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"levqor/app/apptest"
)

// document is our own OpenAPI document, as a client reads it.
type document struct{ object }

type operation struct {
	method, path string
	object
}

func documentOf(t testing.TB, h *apptest.House) document {
	t.Helper()
	var d document
	decode(t, h.JSON("", "GET", "/api/openapi.json", ""), &d.object)
	return d
}

func (d document) operations() (all []operation) {
	for path, methods := range d.at("paths").(map[string]any) {
		for method, op := range methods.(map[string]any) {
			all = append(all, operation{strings.ToUpper(method), path, op.(map[string]any)})
		}
	}
	slices.SortFunc(all, func(a, b operation) int { return strings.Compare(a.path+a.method, b.path+b.method) })
	return all
}

// find is the operation that a request is for.
func (d document) find(method, target string) (operation, bool) {
	target, _, _ = strings.Cut(target, "?")
	parts := strings.Split(target, "/")
	for _, op := range d.operations() {
		pattern := strings.Split(op.path, "/")
		same := op.method == method && len(pattern) == len(parts)
		for i := 0; same && i < len(parts); i++ {
			same = pattern[i] == parts[i] || strings.HasPrefix(pattern[i], "{")
		}
		if same {
			return op, true
		}
	}
	return operation{}, false
}

// answer checks an answer against what the document promises.
func (d document) answer(method, target string, a apptest.Answer) error {
	op, ok := d.find(method, target)
	if !ok {
		return fmt.Errorf("%s %s is not in the document", method, target)
	}
	response, ok := op.at(fmt.Sprintf("responses.%d", a.Status)).(map[string]any)
	if !ok {
		return fmt.Errorf("%s %s answers %d, which is not in the document", method, op.path, a.Status)
	}
	content, _ := response["content"].(map[string]any)
	kind, _, _ := strings.Cut(a.Header.Get("Content-Type"), ";")
	for promised, media := range content {
		if promised != kind && promised != "*/*" {
			continue
		}
		if !strings.HasSuffix(kind, "json") {
			return nil
		}
		var v any
		if err := json.Unmarshal([]byte(a.Body), &v); err != nil {
			return err
		}
		schema, _ := media.(map[string]any)["schema"].(map[string]any)
		return d.check(schema, v, method+" "+op.path)
	}
	if len(content) == 0 && a.Body == "" {
		return nil
	}
	return fmt.Errorf("%s %s: a %d of %q; the document has %v", method, op.path, a.Status, kind, slices.Sorted(maps.Keys(content)))
}

// check holds a value against a schema, as far as our schemas go.
func (d document) check(schema object, v any, at string) error {
	if ref := schema.text("$ref"); ref != "" {
		return d.check(d.resolve(ref), v, at)
	}
	kinds := kindsOf(schema)
	if kind := kindOf(v); len(kinds) > 0 && !slices.Contains(kinds, kind) && (kind != "integer" || !slices.Contains(kinds, "number")) {
		return fmt.Errorf("%s is %s, want %v", at, kind, kinds)
	}
	if choices, ok := schema["enum"].([]any); ok && v != nil && !slices.Contains(choices, v) {
		return fmt.Errorf("%s is %v, want one of %v", at, v, choices)
	}
	switch v := v.(type) {
	case string:
		return checkFormat(schema.text("format"), v, at)
	case []any:
		items, _ := schema["items"].(map[string]any)
		for i, item := range v {
			if err := d.check(items, item, fmt.Sprintf("%s[%d]", at, i)); err != nil {
				return err
			}
		}
	case map[string]any:
		return d.checkObject(schema, v, at)
	}
	return nil
}

func (d document) checkObject(schema object, v map[string]any, at string) error {
	required, _ := schema["required"].([]any)
	for _, name := range required {
		if _, ok := v[name.(string)]; !ok {
			return fmt.Errorf("%s lacks %s", at, name)
		}
	}
	properties, _ := schema["properties"].(map[string]any)
	for name, value := range v {
		inner, known := properties[name].(map[string]any)
		if !known {
			if schema["additionalProperties"] == false {
				return fmt.Errorf("%s has %s, which the document does not know", at, name)
			}
			inner, _ = schema["additionalProperties"].(map[string]any)
		}
		if err := d.check(inner, value, at+"."+name); err != nil {
			return err
		}
	}
	return nil
}

func (d document) resolve(ref string) object {
	name := strings.TrimPrefix(ref, "#/components/schemas/")
	schemas := d.at("components.schemas").(map[string]any)
	found, _ := schemas[name].(map[string]any)
	return found
}

func kindsOf(schema object) (kinds []string) {
	switch kind := schema["type"].(type) {
	case string:
		kinds = append(kinds, kind)
	case []any:
		for _, k := range kind {
			kinds = append(kinds, k.(string))
		}
	}
	return kinds
}

func kindOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case float64:
		if v == float64(int64(v)) {
			return "integer"
		}
		return "number"
	case string:
		return "string"
	case []any:
		return "array"
	default:
		return "object"
	}
}

func checkFormat(format, text, at string) (err error) {
	switch format {
	case "uuid":
		_, err = uuid.Parse(text)
	case "date-time":
		var moment time.Time
		if moment, err = time.Parse(time.RFC3339, text); err == nil && !strings.HasSuffix(text, "Z") {
			err = fmt.Errorf("%v is not in UTC", moment)
		}
	case "date":
		_, err = time.Parse(time.DateOnly, text)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", at, err)
	}
	return nil
}

func TestDocument(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	d := documentOf(t, h)
	if d.text("openapi") != "3.1.0" || d.text("components.securitySchemes.token.scheme") != "bearer" {
		t.Errorf("%s, %v", d.text("openapi"), d.at("components.securitySchemes"))
	}
	if a := h.JSON("", "GET", "/api/openapi.yaml", ""); a.Status != 200 || !strings.Contains(a.Body, "openapi: 3.1.0") {
		t.Errorf("yaml: %d", a.Status)
	}
	seen := map[string]bool{}
	for _, op := range d.operations() {
		id, scope := op.text("operationId"), op.text("security.0.token.0")
		if id == "" || seen[id] || op.text("summary") == "" || scope == "" || op.text("tags.0") == "" || op.at("responses.401") == nil {
			t.Errorf("%s %s is not told in full: %v", op.method, op.path, op.object)
		}
		seen[id] = true
		hasKey := false
		parameters, _ := op.at("parameters").([]any)
		for _, p := range parameters {
			hasKey = hasKey || object(p.(map[string]any)).text("name") == "Idempotency-Key"
		}
		if hasKey != (op.method == "POST") {
			t.Errorf("%s %s: takes an Idempotency-Key: %t", op.method, op.path, hasKey)
		}
	}
	if len(seen) < 50 {
		t.Errorf("%d operations", len(seen))
	}
}
