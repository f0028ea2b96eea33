package workflows

import (
	"context"
	"time"

	"levqor/jobs/workflow/step"
	"levqor/locales"
	"levqor/views/parts"
)

// outcome is what became of a step in the run that is shown.
type outcome struct {
	tone parts.Tone
	icon string
	word string
	off  bool // it did not run
}

// outcomes of the run's steps, by their ids. Of a step in a loop the last one counts.
func (p Editor) outcomes(ctx context.Context) map[string]outcome {
	if p.Run == nil {
		return nil
	}
	found := map[string]outcome{}
	for _, s := range p.Run.Steps {
		took := locales.Duration(ctx, time.Duration(s.TookUS)*time.Microsecond)
		switch s.State {
		case "succeeded":
			found[s.StepID] = outcome{tone: parts.Good, icon: "circle-check", word: took}
		case "canceled":
			found[s.StepID] = outcome{tone: parts.Neutral, icon: "circle-x", word: locales.T(ctx, "parts.status.canceled")}
		default:
			found[s.StepID] = outcome{tone: parts.Bad, icon: "circle-x", word: locales.T(ctx, "parts.status.failed")}
		}
	}
	for _, w := range p.Run.Waits {
		one := outcome{tone: parts.Warn, icon: "hourglass", word: locales.T(ctx, "parts.status.waiting")}
		if w.Kind == step.WaitRetry {
			one = outcome{tone: parts.Warn, icon: "refresh-cw", word: locales.T(ctx, "parts.status.retrying")}
		}
		found[w.StepID] = one
	}
	for _, s := range p.Workflow.Draft.All() {
		if _, ok := found[s.ID]; ok {
			continue
		}
		_, _, was := p.Run.Definition.Find(s.ID)
		switch {
		case !was:
			found[s.ID] = outcome{tone: parts.Neutral, icon: "circle-dashed", word: locales.T(ctx, "workflows.run.not_in")}
		case p.Run.State.Final():
			found[s.ID] = outcome{tone: parts.Neutral, icon: "minus", word: locales.T(ctx, "workflows.run.skipped"), off: true}
		}
	}
	return found
}
