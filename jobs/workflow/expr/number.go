package expr

import (
	"math"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// calculate does one of the five operations on two numbers of any kind; whatever
// else CEL can add or take away (text, lists, times) is left to it.
func calculate(operation string, a, b ref.Val) ref.Val {
	x, xOK := number(a)
	y, yOK := number(b)
	if !xOK || !yOK {
		return calculateOther(operation, a, b)
	}
	switch operation {
	case "number_add":
		return types.Double(x + y)
	case "number_subtract":
		return types.Double(x - y)
	case "number_multiply":
		return types.Double(x * y)
	}
	if y == 0 {
		return types.NewErr("division by zero")
	}
	if operation == "number_modulo" {
		return types.Double(math.Mod(x, y))
	}
	return types.Double(x / y)
}

func calculateOther(operation string, a, b ref.Val) ref.Val {
	switch operation {
	case "number_add":
		if adder, ok := a.(traits.Adder); ok {
			return bounded(adder.Add(b))
		}
	case "number_subtract":
		if subtractor, ok := a.(traits.Subtractor); ok {
			return subtractor.Subtract(b)
		}
	}
	return types.MaybeNoSuchOverloadErr(b)
}

func number(v ref.Val) (float64, bool) {
	switch n := v.(type) {
	case types.Double:
		return float64(n), true
	case types.Int:
		return float64(n), true
	case types.Uint:
		return float64(n), true
	default:
		return 0, false
	}
}

// bounded refuses text that would be too large to keep.
func bounded(v ref.Val) ref.Val {
	if text, ok := v.(types.String); ok && len(text) > MaxOutput {
		return types.WrapErr(errTooLarge)
	}
	return v
}
