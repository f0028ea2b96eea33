package workflows

import (
	"context"
	"strings"
	"time"
	"unicode"

	"levqor/jobs/backup"
	"levqor/jobs/workflow"
	"levqor/jobs/workflow/class"
	"levqor/jobs/workflow/flow"
	"levqor/jobs/workflow/step"
	"levqor/locales"
	"levqor/views/parts"
	"levqor/views/plans"
)

// wordOr is a key's message, or what a name says by itself.
func wordOr(ctx context.Context, key, name string) string {
	if locales.Has(ctx, key) {
		return locales.T(ctx, key)
	}
	letters := []rune(strings.ReplaceAll(name, "_", " "))
	if len(letters) == 0 {
		return ""
	}
	letters[0] = unicode.ToUpper(letters[0])
	return string(letters)
}

// KindWord is a kind of step in words.
func KindWord(ctx context.Context, kind string) string {
	return wordOr(ctx, "step."+kind+".name", kind)
}

func aboutWord(ctx context.Context, kind string) string {
	if key := "step." + kind + ".about"; locales.Has(ctx, key) {
		return locales.T(ctx, key)
	}
	return ""
}

func labelWord(ctx context.Context, kind, field string) string {
	return wordOr(ctx, "step."+kind+".field."+field+".label", field)
}

func helpWord(ctx context.Context, kind, field string) string {
	if key := "step." + kind + ".field." + field + ".help"; locales.Has(ctx, key) {
		return locales.T(ctx, key)
	}
	return ""
}

func choiceWord(ctx context.Context, kind, field, choice string) string {
	if key := "step." + kind + ".field." + field + ".choice." + choice; locales.Has(ctx, key) {
		return locales.T(ctx, key)
	}
	return choice
}

// stepName is what a person called the step, or its kind.
func stepName(ctx context.Context, s *flow.Step) string {
	if s.Name != "" {
		return s.Name
	}
	return KindWord(ctx, s.Kind)
}

// summary is the step's most telling setting, as it was typed.
func summary(ctx context.Context, s *flow.Step, spec *step.Spec, c Choices) string {
	if spec == nil {
		return ""
	}
	var said []string
	for _, f := range spec.Fields {
		text := settingText(ctx, s, f, c)
		if text == "" || f.Type == step.Bool {
			continue
		}
		if said = append(said, short(text)); len(said) == 2 || f.Type != step.Choice {
			break
		}
	}
	if len(said) == 0 {
		return aboutWord(ctx, s.Kind)
	}
	return strings.Join(said, " · ")
}

func settingText(ctx context.Context, s *flow.Step, f step.Field, c Choices) string {
	text := plainText(s.Config[f.Name])
	if text == "" {
		return ""
	}
	switch f.Type {
	case step.Choice:
		return choiceWord(ctx, s.Kind, f.Name, text)
	case step.Duration:
		if seconds, ok := s.Config[f.Name].(float64); ok {
			return locales.Duration(ctx, time.Duration(seconds*float64(time.Second)))
		}
	case step.Credential, step.Plan, step.Source, step.Workflow:
		for _, option := range c.of(f.Type) {
			if option.Value == text {
				return option.Label
			}
		}
	}
	return text
}

func short(text string) string {
	letters := []rune(strings.Join(strings.Fields(text), " "))
	if len(letters) > 90 {
		return string(letters[:89]) + "…"
	}
	return string(letters)
}

// triggerWord is what starts a run, in a few words.
func triggerWord(ctx context.Context, t flow.Trigger) string {
	switch t.Kind {
	case workflow.ByEvent:
		event, _ := t.Config["event"].(string)
		return eventWord(ctx, event)
	case workflow.BySchedule:
		return scheduleWord(ctx, t)
	default:
		return triggerName(ctx, t.Kind)
	}
}

func triggerName(ctx context.Context, kind string) string {
	return wordOr(ctx, "workflows.trigger."+kind, kind)
}

func eventWord(ctx context.Context, event string) string {
	if event == "" {
		return triggerName(ctx, workflow.ByEvent)
	}
	return wordOr(ctx, "workflows.event."+strings.ReplaceAll(event, ".", "_"), event)
}

func scheduleWord(ctx context.Context, t flow.Trigger) string {
	cron, _ := t.Config["cron"].(string)
	minutes, _ := t.Config["every_minutes"].(float64)
	zone, _ := t.Config["zone"].(string)
	s := backup.Schedule{Cron: cron, Every: time.Duration(minutes) * time.Minute, Zone: zone}
	if _, err := s.Next(locales.Now(ctx)); err != nil {
		return triggerName(ctx, workflow.BySchedule)
	}
	return plans.ScheduleWords(ctx, s)
}

func triggerIcon(kind string) string {
	switch kind {
	case workflow.ByEvent:
		return "zap"
	case workflow.ByForm:
		return "clipboard-list"
	case workflow.BySchedule:
		return "calendar-clock"
	case workflow.ByWebhook:
		return "webhook"
	default:
		return "hand"
	}
}

// classWord says what the class of a kind means for a run.
func classWord(ctx context.Context, spec *step.Spec) string {
	switch {
	case spec.Class == class.C && spec.Classify != nil:
		return locales.T(ctx, "workflows.class.c_may")
	case spec.Class == class.C:
		return locales.T(ctx, "workflows.class.c")
	case spec.Class == class.B:
		return locales.T(ctx, "workflows.class.b")
	default:
		return locales.T(ctx, "workflows.class.a")
	}
}

func branchWord(ctx context.Context, spec *step.Spec, b flow.Branch) string {
	if spec == nil {
		return b.Name
	}
	switch {
	case spec.Shape == step.YesNo && b.Name == "yes":
		return locales.T(ctx, "workflows.branch.yes")
	case spec.Shape == step.YesNo:
		return locales.T(ctx, "workflows.branch.no")
	case spec.Shape == step.Body:
		return locales.T(ctx, "workflows.branch.each")
	case spec.Shape == step.Cases && b.Name == "else":
		return locales.T(ctx, "workflows.branch.else")
	default:
		return b.Name
	}
}

func branchIcon(spec *step.Spec, b flow.Branch) string {
	switch {
	case spec == nil || spec.Shape == step.Cases || spec.Shape == step.Lanes:
		return "git-branch"
	case spec.Shape == step.Body:
		return "repeat"
	case b.Name == "yes":
		return "check"
	default:
		return "x"
	}
}

func groupWord(ctx context.Context, group string) string {
	return wordOr(ctx, "workflows.group."+group, group)
}

// liveWord says which version runs.
func liveWord(ctx context.Context, w workflow.Workflow) string {
	if w.LiveNumber == nil {
		return locales.T(ctx, "workflows.draft")
	}
	return locales.T(ctx, "workflows.version", "number", *w.LiveNumber)
}

// ChangesOf lists what is different, in the order of the newer definition.
func ChangesOf(ctx context.Context, from, to *flow.Definition, diff flow.Diff) (changes []Change) {
	if diff.TriggerEdited {
		changes = append(changes, Change{flow.Edited, triggerIcon(to.Trigger.Kind), locales.T(ctx, "workflows.trigger.title")})
	}
	if diff.SettingsEdited {
		changes = append(changes, Change{flow.Edited, "settings", locales.T(ctx, "workflows.settings.title")})
	}
	for _, s := range to.All() {
		if kind, ok := diff.Steps[s.ID]; ok {
			changes = append(changes, Change{kind, changeIcon(kind), stepName(ctx, s)})
		}
	}
	for _, s := range from.All() {
		if diff.Steps[s.ID] == flow.Removed {
			changes = append(changes, Change{flow.Removed, changeIcon(flow.Removed), stepName(ctx, s)})
		}
	}
	return changes
}

func changeIcon(kind flow.Change) string {
	switch kind {
	case flow.Added:
		return "plus"
	case flow.Moved:
		return "move"
	case flow.Removed:
		return "minus"
	default:
		return "pencil"
	}
}

func changeWord(ctx context.Context, kind flow.Change) string {
	return locales.T(ctx, "workflows.change."+string(kind))
}

func changeTone(kind flow.Change) parts.Tone {
	switch kind {
	case flow.Added:
		return parts.Good
	case flow.Removed:
		return parts.Bad
	default:
		return parts.Warn
	}
}
