package expr

import (
	"context"
	"iter"
	"strings"

	"levqor/jobs/fail"
)

// Value is a step's setting, compiled: text with ${ … } parts, lists and maps of
// such, or anything plain.
type Value struct {
	plain any
	parts []part
	list  []*Value
	named map[string]*Value
	kind  valueKind
}

type valueKind int

const (
	kindPlain valueKind = iota
	kindExpr
	kindText
	kindList
	kindMap
)

type part struct {
	text string
	expr *Expr
}

// Text compiles a text with ${ … } parts. $${ is a plain ${.
func (l *Language) Text(source string) (*Value, error) {
	parts, err := l.split(source)
	if err != nil {
		return nil, err
	}
	switch {
	case len(parts) == 0:
		return &Value{plain: source}, nil
	case len(parts) == 1 && parts[0].expr != nil:
		return &Value{kind: kindExpr, parts: parts}, nil
	case len(parts) == 1:
		return &Value{plain: parts[0].text}, nil
	default:
		return &Value{kind: kindText, parts: parts}, nil
	}
}

// Value compiles every text inside a JSON value.
func (l *Language) Value(source any) (*Value, error) {
	switch source := source.(type) {
	case string:
		return l.Text(source)
	case []any:
		v := &Value{kind: kindList}
		for _, item := range source {
			compiled, err := l.Value(item)
			if err != nil {
				return nil, err
			}
			v.list = append(v.list, compiled)
		}
		return v, nil
	case map[string]any:
		v := &Value{kind: kindMap, named: map[string]*Value{}}
		for name, item := range source {
			compiled, err := l.Value(item)
			if err != nil {
				return nil, err
			}
			v.named[name] = compiled
		}
		return v, nil
	default:
		return &Value{plain: source}, nil
	}
}

// Steps are the ids read as steps.<id> anywhere inside.
func (v *Value) Steps() (ids []string) {
	for _, p := range v.parts {
		if p.expr != nil {
			ids = append(ids, p.expr.Steps()...)
		}
	}
	for _, item := range v.list {
		ids = append(ids, item.Steps()...)
	}
	for _, item := range v.named {
		ids = append(ids, item.Steps()...)
	}
	return ids
}

// IsPlain reports whether it holds no expression: it reads the same in every run.
func (v *Value) IsPlain() bool {
	switch v.kind {
	case kindPlain:
		return true
	case kindList:
		for _, item := range v.list {
			if !item.IsPlain() {
				return false
			}
		}
		return true
	case kindMap:
		for _, item := range v.named {
			if !item.IsPlain() {
				return false
			}
		}
		return true
	default:
		return false
	}
}

// Eval fills in the expressions.
func (v *Value) Eval(ctx context.Context, names map[string]any) (any, error) {
	switch v.kind {
	case kindExpr:
		return v.parts[0].expr.Eval(ctx, names)
	case kindText:
		return v.evalText(ctx, names)
	case kindList:
		list := make([]any, 0, len(v.list))
		for _, item := range v.list {
			value, err := item.Eval(ctx, names)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		return list, nil
	case kindMap:
		named := make(map[string]any, len(v.named))
		for name, item := range v.named {
			value, err := item.Eval(ctx, names)
			if err != nil {
				return nil, err
			}
			named[name] = value
		}
		return named, nil
	default:
		return v.plain, nil
	}
}

func (v *Value) evalText(ctx context.Context, names map[string]any) (any, error) {
	var out strings.Builder
	for _, p := range v.parts {
		text, source := p.text, ""
		if p.expr != nil {
			source = p.expr.Source()
			value, err := p.expr.Eval(ctx, names)
			if err != nil {
				return nil, err
			}
			if text, err = Words(value); err != nil {
				return nil, err
			}
		}
		if out.Len()+len(text) > MaxOutput {
			return nil, fail.New(fail.Invalid, "expr.fail.too_large", "expression", source)
		}
		out.WriteString(text)
	}
	return out.String(), nil
}

func (l *Language) split(source string) (parts []part, err error) {
	at := 0
	for from, to := range inner(source) {
		if to < 0 {
			return nil, fail.New(fail.Invalid, "expr.fail.unclosed", "column", from-1)
		}
		compiled, err := l.Compile(source[from:to])
		if err != nil {
			return nil, err
		}
		parts = append(addText(parts, unescaped(source[at:from-len("${")])), part{expr: compiled})
		at = to + len("}")
	}
	if at == 0 && unescaped(source) == source {
		return nil, nil
	}
	return addText(parts, unescaped(source[at:])), nil
}

func unescaped(text string) string { return strings.ReplaceAll(text, "$${", "${") }

// inner finds what stands between each ${ and its }, by where it begins and ends:
// -1 where none ends it, which is the last.
func inner(source string) iter.Seq2[int, int] {
	return func(yield func(from, to int) bool) {
		at := 0
		for {
			start := strings.Index(source[at:], "${")
			if start < 0 {
				return
			}
			from := at + start + len("${")
			if start > 0 && source[at+start-1] == '$' {
				at = from
				continue
			}
			length := closing(source[from:])
			if length < 0 {
				yield(from, -1)
				return
			}
			if !yield(from, from+length) {
				return
			}
			at = from + length + len("}")
		}
	}
}

func addText(parts []part, text string) []part {
	if text == "" {
		return parts
	}
	if n := len(parts); n > 0 && parts[n-1].expr == nil {
		parts[n-1].text += text
		return parts
	}
	return append(parts, part{text: text})
}

// closing finds the } that ends an expression: not one inside quotes or a map.
func closing(text string) int {
	depth, quote := 0, byte(0)
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quote != 0 && c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '{':
			depth++
		case c == '}' && depth == 0:
			return i
		case c == '}':
			depth--
		}
	}
	return -1
}
