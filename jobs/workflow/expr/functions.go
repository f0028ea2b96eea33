package expr

import (
	"encoding/json"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// ours are the functions whose cost we reckon ourselves.
var ours = map[string]bool{
	"format": true, "join": true, "json": true, "lower": true, "number_add": true, "number_divide": true, "number_modulo": true,
	"number_multiply": true, "number_subtract": true, "parse_json": true, "replace": true, "round": true, "split": true, "text": true,
	"trim": true, "upper": true, "url_encode": true,
}

// functions of ours. Each refuses to make more than MaxOutput before it makes it.
func functions() []cel.EnvOption {
	dyn, text, list := cel.DynType, cel.StringType, cel.ListType(cel.DynType)
	options := []cel.EnvOption{
		method("format", []*cel.Type{cel.DynType, text, text}, text, formatTime),
		method("join", []*cel.Type{list, text}, text, join),
		method("lower", []*cel.Type{text}, text, func(a []ref.Val) ref.Val { return types.String(strings.ToLower(word(a[0]))) }),
		method("replace", []*cel.Type{text, text, text}, text, replace),
		method("split", []*cel.Type{text, text}, cel.ListType(text), split),
		method("trim", []*cel.Type{text}, text, func(a []ref.Val) ref.Val { return types.String(strings.TrimSpace(word(a[0]))) }),
		method("upper", []*cel.Type{text}, text, func(a []ref.Val) ref.Val { return types.String(strings.ToUpper(word(a[0]))) }),
		function("json", []*cel.Type{dyn}, text, toText),
		function("parse_json", []*cel.Type{text}, dyn, parseJSON),
		function("round", []*cel.Type{dyn}, cel.DoubleType, round),
		function("text", []*cel.Type{dyn}, text, func(a []ref.Val) ref.Val { return words(a[0]) }),
		function("url_encode", []*cel.Type{text}, text, urlEncode),
	}
	for _, name := range arithmetic {
		options = append(options, function(name, []*cel.Type{dyn, dyn}, dyn, func(a []ref.Val) ref.Val { return calculate(name, a[0], a[1]) }))
	}
	return options
}

func function(name string, args []*cel.Type, result *cel.Type, do func([]ref.Val) ref.Val) cel.EnvOption {
	return cel.Function(name, cel.Overload(name+"_", args, result, cel.FunctionBinding(func(a ...ref.Val) ref.Val { return do(a) })))
}

func method(name string, args []*cel.Type, result *cel.Type, do func([]ref.Val) ref.Val) cel.EnvOption {
	return cel.Function(name, cel.MemberOverload(name+"_", args, result, cel.FunctionBinding(func(a ...ref.Val) ref.Val { return do(a) })))
}

func word(v ref.Val) string {
	text, _ := v.Value().(string)
	return text
}

func join(a []ref.Val) ref.Val {
	list, ok := a[0].(traits.Lister)
	if !ok {
		return types.MaybeNoSuchOverloadErr(a[0])
	}
	var out strings.Builder
	for i := list.Iterator(); i.HasNext() == types.True; {
		if out.Len() > 0 {
			out.WriteString(word(a[1]))
		}
		part := words(i.Next())
		if types.IsError(part) {
			return part
		}
		out.WriteString(word(part))
		if out.Len() > MaxOutput {
			return types.WrapErr(errTooLarge)
		}
	}
	return types.String(out.String())
}

func replace(a []ref.Val) ref.Val {
	text, old, with := word(a[0]), word(a[1]), word(a[2])
	if len(text)+strings.Count(text, old)*max(0, len(with)-len(old)) > MaxOutput {
		return types.WrapErr(errTooLarge)
	}
	return types.String(strings.ReplaceAll(text, old, with))
}

func split(a []ref.Val) ref.Val {
	return types.DefaultTypeAdapter.NativeToValue(strings.Split(word(a[0]), word(a[1])))
}

// formatTime writes a moment ("2026-11-25T10:00:00Z", or a timestamp) by a pattern
// of Go's reference time, in a zone.
func formatTime(a []ref.Val) ref.Val {
	moment, ok := a[0].Value().(time.Time)
	if !ok {
		parsed, err := time.Parse(time.RFC3339Nano, word(a[0]))
		if err != nil {
			return types.NewErr("not a time")
		}
		moment = parsed
	}
	zone, err := time.LoadLocation(word(a[2]))
	if err != nil {
		return types.NewErr("not a time zone")
	}
	return types.String(moment.In(zone).Format(word(a[1])))
}

func toText(a []ref.Val) ref.Val {
	left := MaxOutput
	value, err := toJSON(a[0], &left)
	if err != nil {
		return types.WrapErr(err)
	}
	text, err := json.Marshal(value)
	if err != nil {
		return types.WrapErr(err)
	}
	return types.String(text)
}

func parseJSON(a []ref.Val) ref.Val {
	var value any
	if err := json.Unmarshal([]byte(word(a[0])), &value); err != nil {
		return types.NewErr("not JSON")
	}
	return types.DefaultTypeAdapter.NativeToValue(value)
}

func round(a []ref.Val) ref.Val {
	n, ok := number(a[0])
	if !ok {
		return types.MaybeNoSuchOverloadErr(a[0])
	}
	return types.Double(math.Round(n))
}

func urlEncode(a []ref.Val) ref.Val {
	const plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~" // RFC 3986 §2.3
	const hex = "0123456789ABCDEF"
	var out strings.Builder
	for _, b := range []byte(word(a[0])) {
		if strings.IndexByte(plain, b) >= 0 {
			out.WriteByte(b)
			continue
		}
		out.Write([]byte{'%', hex[b>>4], hex[b&15]})
	}
	return types.String(out.String())
}

// size of a value in bytes or elements, as far as it costs nothing to know.
func size(v ref.Val) uint64 {
	switch v := v.(type) {
	case types.String:
		return uint64(utf8.RuneCountInString(string(v)))
	case types.Bytes:
		return uint64(len(v))
	case traits.Sizer:
		if n, ok := v.Size().(types.Int); ok && n > 0 {
			return uint64(n)
		}
	}
	return 1
}
