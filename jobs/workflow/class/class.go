// Package class says how dangerous a step is.
package class

// Class of a step.
type Class string

const (
	A Class = "A" // harmless: automatic
	B Class = "B" // internal or reversible: automatic and logged
	C Class = "C" // reaches outside or can't be undone: a person decides
)

// Max is the more dangerous one.
func Max(a, b Class) Class { return max(a, b) }
