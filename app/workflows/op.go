package workflows

import (
	"errors"
	"strings"

	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/fail"
	"levqor/jobs/workflow/flow"
	"levqor/jobs/workflow/step"
	views "levqor/views/workflows"
)

// opOf is the edit that the form asks for. Besides the kinds of ops it knows the
// ways that a step can go: up, down, in, out.
func opOf(s *web.Site, c *fiber.Ctx, draft *flow.Definition) (op flow.Op, err error) {
	op = flow.Op{Kind: flow.OpKind(c.FormValue("op")), ID: c.FormValue("id")}
	registry := s.Services.Workflows.Engine().Compiler().Registry
	switch op.Kind {
	case flow.Insert:
		op.Step, err = blank(registry, c.FormValue("kind"))
		if err == nil && c.FormValue("step_id") != "" { // one that comes back
			op.Step, err = filled(registry, c, op.Step)
		}
		return aim(c, op, err)
	case flow.Move:
		return aim(c, op, nil)
	case "down", "in", "out", "up":
		return toward(draft, op)
	case flow.Settle:
		op.Settings, err = settingsOf(c)
	case flow.Start:
		op.Trigger, err = triggerOf(c)
	case flow.Update:
		op.Step, err = stepOf(registry, c, draft, op.ID)
	case flow.Wrap:
		op.Step, err = blank(registry, c.FormValue("kind"))
	}
	return op, err
}

// aim reads where the step goes.
func aim(c *fiber.Ctx, op flow.Op, err error) (flow.Op, error) {
	spot, ok := views.SpotOf(c.FormValue("to"))
	if err == nil && !ok {
		err = fail.New(fail.Invalid, "workflow.fail.bad_op", "op", string(op.Kind))
	}
	op.To, op.Index = spot.Lane, spot.Index
	return op, err
}

var errEndOfWay = errors.New("the step can't go further that way")

func toward(draft *flow.Definition, op flow.Op) (flow.Op, error) {
	if _, _, ok := draft.Find(op.ID); !ok {
		return op, fail.New(fail.NotFound, "workflow.fail.no_step", "id", op.ID)
	}
	spot, ok := views.Toward(draft, op.ID, string(op.Kind))
	if !ok {
		return op, errEndOfWay
	}
	return flow.Op{Kind: flow.Move, ID: op.ID, To: spot.Lane, Index: spot.Index}, nil
}

// blank is a new step of that kind, with the branches that it can't be without.
func blank(registry *step.Registry, kind string) (*flow.Step, error) {
	spec, ok := registry.Find(kind)
	if !ok {
		return nil, fail.New(fail.Invalid, "workflow.fail.unknown_kind", "kind", kind)
	}
	made := &flow.Step{ID: kind, Kind: kind}
	for _, name := range branchesOf(spec.Shape) {
		made.Branches = append(made.Branches, flow.Branch{Name: name, Steps: []flow.Step{}})
	}
	if spec.Shape == step.Cases {
		made.Branches[0].When = "false"
	}
	return made, nil
}

func branchesOf(shape step.Shape) []string {
	switch shape {
	case step.Body:
		return []string{"each"}
	case step.Cases:
		return []string{"1", "else"}
	case step.Lanes:
		return []string{"1", "2"}
	case step.YesNo:
		return []string{"yes", "no"}
	default:
		return nil
	}
}

// stepOf is the step as the drawer's form says it, also when it is refused, or was
// deleted meanwhile.
func stepOf(registry *step.Registry, c *fiber.Ctx, draft *flow.Definition, id string) (*flow.Step, error) {
	if found, _, ok := draft.Find(id); ok {
		return filled(registry, c, found)
	}
	gone := fail.New(fail.NotFound, "workflow.fail.no_step", "id", id)
	found, err := blank(registry, c.FormValue("kind"))
	if err != nil {
		return nil, gone
	}
	typed, _ := filled(registry, c, found)
	return typed, gone
}

// filled is the step with what was typed for it. What is inside of it stays.
func filled(registry *step.Registry, c *fiber.Ctx, found *flow.Step) (*flow.Step, error) {
	next := *found
	spec, known := registry.Find(found.Kind)
	if !known {
		return nil, fail.New(fail.Invalid, "workflow.fail.unknown_kind", "kind", found.Kind)
	}
	next.ID, next.Name = strings.TrimSpace(c.FormValue("step_id")), strings.TrimSpace(c.FormValue("name"))
	next.Config = configOf(spec, c)
	policy(c, &next)
	if spec.Classify != nil {
		next.Undo = c.FormValue("undo")
	}
	if spec.Shape == step.Cases || spec.Shape == step.Lanes {
		next.Branches = branchRows(c, found, spec)
	}
	if !flow.ValidID(next.ID) {
		return &next, &fail.Error{Kind: fail.Invalid, Key: "workflow.fail.bad_id", Fields: []fail.Field{{Name: "id", Key: "workflow.fail.bad_id.text"}}}
	}
	return &next, nil
}

// policy is what every step has. A number that is none becomes -1, which the
// compiler refuses in its own words.
func policy(c *fiber.Ctx, next *flow.Step) {
	next.OnError, next.Once = flow.OnError(c.FormValue("on_error")), c.FormValue("once") != ""
	next.Timeout = number(c.FormValue("timeout"))
	next.Retry, next.Approval = nil, nil
	if most, first := c.FormValue("retry_max"), c.FormValue("retry_first"); strings.TrimSpace(most+first) != "" {
		next.Retry = &flow.Retry{Max: number(most), FirstSeconds: number(first)}
	}
	if expires, other := max(0, number(c.FormValue("expires"))), c.FormValue("not_author") != ""; expires > 0 || other {
		next.Approval = &flow.Approval{ExpiresMinutes: expires, NotAuthor: other}
	}
}

// branchRows are the cases or lanes as typed: each keeps its steps under a new
// name, and one without a name goes.
func branchRows(c *fiber.Ctx, found *flow.Step, spec *step.Spec) []flow.Branch {
	names, were, whens := all(c, "branch.name"), all(c, "branch.was"), all(c, "branch.when")
	inside := map[string][]flow.Step{}
	for _, b := range found.Branches {
		inside[b.Name] = b.Steps
	}
	made := []flow.Branch{}
	for i, name := range names {
		if name == "" || i >= len(were) {
			continue
		}
		b := flow.Branch{Name: name, Steps: inside[were[i]]}
		if b.Steps == nil {
			b.Steps = []flow.Step{}
		}
		if spec.Shape == step.Cases && i < len(whens) {
			b.When = whens[i]
		}
		made = append(made, b)
	}
	if spec.Shape == step.Cases {
		steps := inside["else"]
		if steps == nil {
			steps = []flow.Step{}
		}
		made = append(made, flow.Branch{Name: "else", Steps: steps})
	}
	return made
}
