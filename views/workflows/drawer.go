package workflows

import (
	"context"
	"strconv"
	"strings"

	"levqor/jobs/workflow/flow"
	"levqor/jobs/workflow/step"
	"levqor/locales"
	"levqor/views/parts"
)

// group of kinds in the list of what can be added.
type group struct {
	Name  string
	Specs []*step.Spec
}

// groups are the kinds that have what is looked for.
func (p Editor) groups(ctx context.Context) (list []group) {
	query := strings.ToLower(strings.TrimSpace(p.Query))
	for _, spec := range p.Registry.All() {
		if !strings.Contains(words(ctx, spec), query) {
			continue
		}
		name := groupWord(ctx, spec.Group)
		if len(list) == 0 || list[len(list)-1].Name != name {
			list = append(list, group{Name: name})
		}
		last := &list[len(list)-1]
		last.Specs = append(last.Specs, spec)
	}
	return list
}

// words are what a kind is found by.
func words(ctx context.Context, spec *step.Spec) string {
	return strings.ToLower(KindWord(ctx, spec.Kind) + " " + aboutWord(ctx, spec.Kind) + " " + spec.Kind + " " + groupWord(ctx, spec.Group))
}

// wrappers are the kinds that another step can be put into.
func (p Editor) wrappers(ctx context.Context) (options []parts.Option) {
	for _, spec := range p.Registry.All() {
		if spec.Shape != step.Plain {
			options = append(options, parts.Option{Value: spec.Kind, Label: KindWord(ctx, spec.Kind)})
		}
	}
	return options
}

// general are the chosen step's problems that no field of its own shows.
func (p Editor) general(ctx context.Context) (texts []string) {
	for _, problem := range p.Problems {
		if problem.Step == p.Step && problem.Field == "" {
			texts = append(texts, problemWord(ctx, problem))
		}
	}
	for _, problem := range p.unplaced() {
		texts = append(texts, problem.Text)
	}
	return texts
}

// advanced opens what most steps leave alone, where it was used or is wrong.
func (p Editor) advanced(ctx context.Context, s *flow.Step) bool {
	return s.OnError != flow.Stop || s.Retry != nil || s.Timeout != 0 || s.Once || s.Approval != nil ||
		p.at(ctx, "retry")+p.at(ctx, "timeout_seconds")+p.at(ctx, "on_error") != ""
}

// count is a number as its field holds it; zero means that nothing was said.
func count(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func retries(s *flow.Step) string {
	if s.Retry == nil {
		return ""
	}
	return strconv.Itoa(s.Retry.Max)
}

func firstWait(s *flow.Step) string {
	if s.Retry == nil {
		return ""
	}
	return count(s.Retry.FirstSeconds)
}

func expires(s *flow.Step) string {
	if s.Approval == nil {
		return ""
	}
	return count(s.Approval.ExpiresMinutes)
}

func onErrors(ctx context.Context) []parts.Option {
	return []parts.Option{
		{Value: string(flow.Stop), Label: locales.T(ctx, "workflows.on_error.stop")},
		{Value: string(flow.Continue), Label: locales.T(ctx, "workflows.on_error.continue")},
		{Value: string(flow.Branches), Label: locales.T(ctx, "workflows.on_error.branch")},
	}
}

func typeWord(ctx context.Context, kind string) string {
	return wordOr(ctx, "workflows.type."+kind, kind)
}

func laneWord(ctx context.Context, s *flow.Step, spec *step.Spec, lane flow.Lane) string {
	if lane.Rescue {
		return locales.T(ctx, "workflows.branch.error")
	}
	return branchWord(ctx, spec, s.Branches[lane.Branch])
}
