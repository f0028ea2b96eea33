package step

import (
	"errors"

	"github.com/google/uuid"

	"levqor/jobs/fail"
)

func (c Call) text(name string) string {
	text, _ := c.Config[name].(string)
	return text
}

func (c Call) flag(name string) bool {
	on, _ := c.Config[name].(bool)
	return on
}

func (c Call) number(name string) float64 {
	n, _ := c.Config[name].(float64)
	return n
}

// id is a setting that names something of the workspace; Nil when it is empty.
func (c Call) id(name string) (uuid.UUID, error) {
	text := c.text(name)
	if text == "" {
		return uuid.Nil, nil
	}
	id, err := uuid.Parse(text)
	if err != nil {
		return uuid.Nil, wrongSetting(name, "step.fail.id", nil)
	}
	return id, nil
}

// wrongSetting is a setting that can't be used as this run rendered it.
func wrongSetting(field, why string, args map[string]any) error {
	return &fail.Error{Kind: fail.Invalid, Class: fail.ClassConfig, Key: "workflow.fail.rendered",
		Args: map[string]any{"field": field, "why_key": why, "why_args": args}}
}

// inWords makes a line's failure one of the step: the first wrong field as a
// setting, what is not there as missing, another's work as worth another try.
// names are the settings of fields that are called otherwise.
func inWords(err error, missing string, names map[string]string) error {
	known, ok := errors.AsType[*fail.Error](err)
	switch {
	case !ok:
		return err
	case len(known.Fields) > 0:
		field := known.Fields[0]
		name, other := names[field.Name]
		if !other {
			name = field.Name
		}
		return wrongSetting(name, field.Key, field.Args)
	case known.Key == "fail.not_found":
		return fail.Work(err, fail.ClassGone, missing)
	case known.Key == "task.fail.busy":
		return fail.Work(err, fail.ClassTransient, known.Key, "name", known.Args["name"])
	case known.Kind == fail.NotFound:
		return fail.Work(err, fail.ClassGone, known.Key)
	}
	return err
}
