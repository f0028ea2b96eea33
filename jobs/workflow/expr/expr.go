// Package expr is the language in which a workflow's steps read what came before
// them: CEL, bounded. An expression works on JSON values and yields one.
//
// A text field may hold expressions as ${ … }; a field that is one such part and
// nothing else keeps the expression's type.
package expr

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types/ref"

	"levqor/jobs/fail"
)

// What one evaluation may cost. CEL's cost is about one unit an operation, and
// one for each ten bytes of text that it walks.
const (
	MaxCost   = 100_000
	MaxOutput = 1 << 20 // bytes of JSON, about
	MaxSource = 8 << 10 // bytes of an expression
	MaxTime   = 250 * time.Millisecond
)

// Names that an expression may read.
const (
	NameError   = "error"   // in an error branch: {"step", "key", "message"}
	NameIndex   = "index"   // in a loop: from 0
	NameItem    = "item"    // in a loop
	NameNow     = "now"     // when the step started
	NameRun     = "run"     // {"id", "number", "started_at", "workflow"}
	NameSteps   = "steps"   // the outputs of earlier steps, by id
	NameTrigger = "trigger" // what started the run
)

// Expr is a compiled expression; it is safe for concurrent use.
type Expr struct {
	source  string
	program cel.Program
	names   []string
	steps   []string
}

// Language compiles expressions. One is enough for a process.
type Language struct{ env *cel.Env }

// New makes the language.
func New() (*Language, error) {
	options := []cel.EnvOption{
		cel.OptionalTypes(),
		cel.CrossTypeNumericComparisons(true),
		cel.DefaultUTCTimeZone(true),
		cel.ParserRecursionLimit(60),
	}
	for _, name := range []string{NameError, NameIndex, NameItem, NameNow, NameRun, NameSteps, NameTrigger} {
		options = append(options, cel.Variable(name, cel.DynType))
	}
	env, err := cel.NewEnv(append(options, functions()...)...)
	if err != nil {
		return nil, err
	}
	return &Language{env}, nil
}

// Compile is Invalid with expr.fail.… where the source can't be one of the
// language's expressions.
func (l *Language) Compile(source string) (*Expr, error) {
	if strings.TrimSpace(source) == "" {
		return nil, fail.New(fail.Invalid, "expr.fail.empty")
	}
	if len(source) > MaxSource {
		return nil, fail.New(fail.Invalid, "expr.fail.too_long", "max", MaxSource)
	}
	parsed, issues := l.env.Parse(source)
	if issues.Err() != nil {
		return nil, explain(source, issues)
	}
	names, steps := prepare(parsed)
	checked, issues := l.env.Check(parsed)
	if issues.Err() != nil {
		return nil, explain(source, issues)
	}
	program, err := l.env.Program(checked,
		cel.CostLimit(MaxCost), cel.CostTracking(costs{}), cel.EvalOptions(cel.OptOptimize), cel.InterruptCheckFrequency(64))
	if err != nil {
		return nil, fail.Wrap(err, fail.Invalid, "expr.fail.invalid", "column", 1)
	}
	return &Expr{source: source, program: program, names: names, steps: steps}, nil
}

// Source is the text that it was compiled from.
func (e *Expr) Source() string { return e.source }

// Steps are the ids that it reads as steps.<id>, each once.
func (e *Expr) Steps() []string { return e.steps }

// Reads reports whether it reads that name.
func (e *Expr) Reads(name string) bool { return slices.Contains(e.names, name) }

// Eval yields JSON's types: nil, bool, float64, string, []any, map[string]any.
// A failure is Invalid with expr.fail.…, and says nothing of the values.
func (e *Expr) Eval(ctx context.Context, names map[string]any) (any, error) {
	ctx, cancel := context.WithTimeout(ctx, MaxTime)
	defer cancel()
	value, _, err := e.program.ContextEval(ctx, complete(names))
	if err != nil {
		return nil, explainRun(ctx, e.source, err)
	}
	left := MaxOutput
	out, err := toJSON(value, &left)
	if err != nil {
		return nil, fail.Wrap(err, fail.Invalid, "expr.fail.too_large", "expression", e.source)
	}
	return out, nil
}

// Bool is Eval for a condition: Invalid (expr.fail.not_bool) for anything but true and false.
func (e *Expr) Bool(ctx context.Context, names map[string]any) (bool, error) {
	value, err := e.Eval(ctx, names)
	if err != nil {
		return false, err
	}
	yes, ok := value.(bool)
	if !ok {
		return false, fail.New(fail.Invalid, "expr.fail.not_bool", "expression", e.source)
	}
	return yes, nil
}

// complete gives every name a value: one that is not there reads as null.
func complete(names map[string]any) map[string]any {
	full := map[string]any{NameError: nil, NameIndex: nil, NameItem: nil, NameNow: nil, NameRun: nil, NameSteps: map[string]any{}, NameTrigger: nil}
	for name, value := range names {
		full[name] = value
	}
	return full
}

var errTooLarge = errors.New("the value is too large")

// spend takes n bytes from left.
func spend(left *int, n int) error {
	if *left -= n; *left < 0 {
		return errTooLarge
	}
	return nil
}

type costs struct{}

// CallCost adds what a function of ours walks or makes; nil is CEL's own reckoning.
func (costs) CallCost(function, _ string, args []ref.Val, result ref.Val) *uint64 {
	if !ours[function] {
		return nil
	}
	cost := uint64(1) + size(result)/10
	for _, arg := range args {
		cost += size(arg) / 10
	}
	return &cost
}
