package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// generator makes requests out of a document: some that fit it, most that are bent.
type generator struct {
	*rand.Rand
	doc    document
	things map[string]uuid.UUID // by the name of their resource
	texts  []string
}

// texts that have hurt parsers, databases and terminals before.
var texts = []string{"", " ", "a", "ü", "\u202eevil", "'; DROP TABLE sources; --", "%n%s", "../../etc/passwd", "${jndi:x}", "\x00", "a\x00b", "\xff\xfe",
	"0", "-1", "null", "true", "NaN", "1e9", "{{7*7}}", "<script>", "\r\nSet-Cookie: a=b", strings.Repeat("x", 300), strings.Repeat("é", 5000), "2026-02-30T25:61:00Z",
	"9999-12-31T23:59:59.999999999+23:59", "0000-01-01T00:00:00Z", "* * * * *", "0 0 31 2 *", "*/0 * * * *", "Europe/London", "Local", "/", "C:\\", "🜁"}

var numbers = []float64{0, 1, -1, 2, 59, 60, 366, 1e6, -1e6, 2147483648, 9007199254740993, 1e19, -1e19, 0.5, 1e308}

func (g generator) text() string { return g.texts[g.IntN(len(g.texts))] }

// id is mostly that of the thing wanted, else another's, or none at all.
func (g generator) id(of string) string {
	found, ok := g.things[of]
	switch n := g.IntN(12); {
	case n == 0:
		return g.text()
	case n == 1:
		return uuid.Nil.String()
	case n > 3 && ok:
		return found.String()
	}
	names := slices.Sorted(maps.Keys(g.things))
	return g.things[names[g.IntN(len(names))]].String()
}

// value fits the schema, now and then does not.
func (g generator) value(schema object, depth int) any {
	if ref := schema.text("$ref"); ref != "" {
		return g.value(g.doc.resolve(ref), depth)
	}
	if g.IntN(10) == 0 || depth > 6 {
		return g.anything(depth)
	}
	if choices, ok := schema["enum"].([]any); ok && g.IntN(8) > 0 {
		return choices[g.IntN(len(choices))]
	}
	kinds := kindsOf(schema)
	if len(kinds) == 0 {
		return g.anything(depth)
	}
	switch kinds[0] {
	case "boolean":
		return g.IntN(2) == 0
	case "integer", "number":
		if most, ok := schema["maximum"].(float64); ok && g.IntN(4) > 0 {
			return g.IntN(int(most) + 1)
		}
		return numbers[g.IntN(len(numbers))]
	case "string":
		return g.string(schema.text("format"))
	case "array":
		list := []any{}
		items, _ := schema["items"].(map[string]any)
		for range g.IntN(4) {
			list = append(list, g.value(items, depth+1))
		}
		return list
	default:
		return g.object(schema, depth)
	}
}

func (g generator) string(format string) string {
	switch {
	case format == "uuid":
		return g.id("")
	case format == "date-time" && g.IntN(3) > 0:
		return time.Unix(g.Int64N(4e9), 0).UTC().Format(time.RFC3339)
	default:
		return g.text()
	}
}

func (g generator) object(schema object, depth int) object {
	out := object{}
	properties, _ := schema["properties"].(map[string]any)
	required, _ := schema["required"].([]any)
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		needed := slices.Contains(required, any(name))
		if needed && g.IntN(25) > 0 || !needed && g.IntN(2) == 0 {
			out[name] = g.value(properties[name].(map[string]any), depth+1)
			if of, ok := strings.CutSuffix(name, "_id"); ok {
				out[name] = g.id(of + "s")
			}
		}
	}
	if inner, ok := schema["additionalProperties"].(map[string]any); ok {
		for range g.IntN(3) {
			out[g.text()] = g.value(inner, depth+1)
		}
	}
	if g.IntN(15) == 0 {
		out[g.text()] = g.anything(depth + 1)
	}
	return out
}

func (g generator) anything(depth int) any {
	switch g.IntN(7) {
	case 0:
		return nil
	case 1:
		return numbers[g.IntN(len(numbers))]
	case 2:
		return true
	case 3:
		if depth < 6 {
			return []any{g.anything(depth + 1)}
		}
		return []any{}
	case 4:
		return object{g.text(): g.text()}
	default:
		return g.text()
	}
}

// body is a JSON text, sometimes a broken one.
func (g generator) body(op operation) []byte {
	schema, ok := op.at("requestBody.content").(map[string]any)
	if !ok {
		if g.IntN(3) > 0 {
			return nil
		}
		return []byte(g.text())
	}
	media := object(schema["application/json"].(map[string]any))
	raw, err := json.Marshal(g.value(media["schema"].(map[string]any), 0))
	if err != nil {
		panic(err) // numbers that JSON does not have are not among ours
	}
	switch g.IntN(14) {
	case 0:
		return raw[:g.IntN(len(raw)+1)]
	case 1:
		return append(raw, raw...)
	case 2:
		return []byte(strings.Repeat("[", 20_000))
	case 3:
		return []byte(strings.Repeat(`{"keep":`, 2_000) + "1" + strings.Repeat("}", 2_000))
	case 4:
		raw[g.IntN(len(raw))] = byte(g.IntN(256))
	}
	return raw
}

// target is the address with ids and questions filled in.
func (g generator) target(op operation) string {
	path := op.path
	if resource, _, ok := strings.Cut(strings.TrimPrefix(path, "/api/v1/"), "/{id}"); ok {
		path = strings.Replace(path, "{id}", escape(g.id(resource)), 1)
	}
	number := "1"
	if g.IntN(3) == 0 {
		number = g.text()
	}
	path = strings.Replace(path, "{number}", escape(number), 1)
	var query []string
	parameters, _ := op.at("parameters").([]any)
	for _, p := range parameters {
		parameter := object(p.(map[string]any))
		if parameter.text("in") == "query" && g.IntN(2) == 0 {
			query = append(query, parameter.text("name")+"="+escape(fmt.Sprint(g.value(parameter.at("schema").(map[string]any), 5))))
		}
	}
	if len(query) > 0 {
		path += "?" + strings.Join(query, "&")
	}
	return path
}

// escape leaves what a client would not escape by mistake as it is.
func escape(text string) string {
	var out strings.Builder
	for _, b := range []byte(text) {
		if b > ' ' && b < 0x7f && !strings.ContainsRune(`/?&#%+<>"`, rune(b)) {
			out.WriteByte(b)
			continue
		}
		fmt.Fprintf(&out, "%%%02x", b)
	}
	return out.String()
}
