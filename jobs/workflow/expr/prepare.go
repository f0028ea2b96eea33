package expr

import (
	"slices"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
)

// arithmetic is done by functions of ours that take every mixture of numbers:
// in JSON there is one kind, in CEL there are three, which don't add up.
var arithmetic = map[string]string{
	operators.Add:      "number_add",
	operators.Divide:   "number_divide",
	operators.Modulo:   "number_modulo",
	operators.Multiply: "number_multiply",
	operators.Subtract: "number_subtract",
}

// prepare puts our arithmetic in place; it returns the names that are read, and
// the ids read as steps.<id>.
func prepare(parsed *cel.Ast) (names, steps []string) {
	factory := ast.NewExprFactory()
	ast.PostOrderVisit(parsed.NativeRep().Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		switch e.Kind() {
		case ast.IdentKind:
			names = append(names, e.AsIdent())
		case ast.CallKind:
			call := e.AsCall()
			ours, ok := arithmetic[call.FunctionName()]
			if ok && !slices.ContainsFunc(call.Args(), isAccumulator) {
				e.SetKindCase(factory.NewCall(e.ID(), ours, call.Args()...))
				return
			}
			if call.FunctionName() == operators.Index || call.FunctionName() == operators.OptIndex || call.FunctionName() == operators.OptSelect {
				steps = readsStep(steps, call.Args()[0], literal(call.Args()[1]))
			}
		case ast.SelectKind:
			steps = readsStep(steps, e.AsSelect().Operand(), e.AsSelect().FieldName())
		}
	}))
	return names, steps
}

func readsStep(steps []string, operand ast.Expr, id string) []string {
	if operand.Kind() != ast.IdentKind || operand.AsIdent() != NameSteps || id == "" || slices.Contains(steps, id) {
		return steps
	}
	return append(steps, id)
}

func literal(e ast.Expr) string {
	if e.Kind() != ast.LiteralKind {
		return ""
	}
	text, _ := e.AsLiteral().Value().(string)
	return text
}

// isAccumulator keeps a macro's own sums (as map and filter make them) as they are.
func isAccumulator(e ast.Expr) bool {
	return e.Kind() == ast.IdentKind && (e.AsIdent() == "@result" || e.AsIdent() == "__result__")
}
