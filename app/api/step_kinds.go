package api

import (
	"context"
	"net/http"

	"levqor/jobs/account"
	"levqor/jobs/workflow/step"
)

// StepKind is a kind of step that a workflow can have.
type StepKind struct {
	Kind           string      `json:"kind"`
	Group          string      `json:"group"`
	Shape          string      `json:"shape" enum:",body,cases,lanes,yes_no" doc:"Which branches it has; empty: none."`
	Class          string      `json:"class" enum:"A,B,C" doc:"A: harmless. B: inside. C: reaches outside, a person decides."`
	ClassVaries    bool        `json:"class_varies" doc:"Its settings make it more or less dangerous."`
	TimeoutSeconds int         `json:"timeout_seconds" doc:"Of one try, or of a wait; 0: none."`
	Tries          int         `json:"tries" doc:"1: not again."`
	FirstSeconds   int         `json:"first_seconds" doc:"Before the second try; doubles."`
	Fields         []StepField `json:"fields"`
	Outputs        []StepValue `json:"outputs" doc:"What later steps read of it."`
}

// StepField is one setting of a step.
type StepField struct {
	Name     string      `json:"name"`
	Type     string      `json:"type"`
	Required bool        `json:"required"`
	Default  any         `json:"default"`
	Choices  []string    `json:"choices"`
	Min      *float64    `json:"min" doc:"null: no bound."`
	Max      *float64    `json:"max"`
	Plain    bool        `json:"plain" doc:"No ${ … } inside."`
	Columns  []StepField `json:"columns" doc:"Of the rows of a table."`
}

// StepValue is a part of a step's output.
type StepValue struct {
	Name string `json:"name"`
	Type string `json:"type" enum:"any,bool,list,map,number,text,time"`
}

func (r *resources) stepKinds() {
	add(r, op(http.MethodGet, "/step-kinds", http.StatusOK, account.ScopeRead, "List the kinds of steps"), r.listStepKinds)
}

func (r *resources) listStepKinds(context.Context, account.Actor, *struct{}) (*listed[StepKind], error) {
	page := Page[StepKind]{Items: []StepKind{}}
	for _, spec := range r.site.Services.Workflows.Engine().Compiler().Registry.All() {
		page.Items = append(page.Items, stepKindOf(spec))
	}
	return &listed[StepKind]{Body: page}, nil
}

func stepKindOf(spec *step.Spec) StepKind {
	out := StepKind{Kind: spec.Kind, Group: spec.Group, Shape: string(spec.Shape), Class: string(spec.Class), ClassVaries: spec.Classify != nil,
		TimeoutSeconds: int(spec.Timeout.Seconds()), Tries: spec.Tries, FirstSeconds: int(spec.First.Seconds()), Fields: []StepField{}, Outputs: []StepValue{}}
	for _, f := range spec.Fields {
		out.Fields = append(out.Fields, stepFieldOf(f))
	}
	for _, o := range spec.Output {
		out.Outputs = append(out.Outputs, StepValue(o))
	}
	return out
}

func stepFieldOf(f step.Field) StepField {
	field := StepField{Name: f.Name, Type: string(f.Type), Required: f.Required, Default: f.Default, Choices: append([]string{}, f.Choices...), Plain: f.Plain, Columns: []StepField{}}
	if f.Min != 0 || f.Max != 0 {
		field.Min, field.Max = &f.Min, &f.Max
	}
	for _, column := range f.Columns {
		field.Columns = append(field.Columns, stepFieldOf(column))
	}
	return field
}
