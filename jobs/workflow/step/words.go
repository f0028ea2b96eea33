package step

// Triggers is the group of what starts a run.
const Triggers = "trigger"

func (s *Spec) words() string {
	if s.Group == Triggers {
		return "step.trigger." + s.Kind
	}
	return "step." + s.Kind
}

// NameKey is the locale key of the kind's name.
func (s *Spec) NameKey() string { return s.words() + ".name" }

// AboutKey is the locale key of what the kind does, in a sentence.
func (s *Spec) AboutKey() string { return s.words() + ".about" }

// LabelKey is the locale key of a setting's name.
func (s *Spec) LabelKey(field string) string { return s.words() + ".field." + field + ".label" }

// HelpKey is the locale key of what a setting is for.
func (s *Spec) HelpKey(field string) string { return s.words() + ".field." + field + ".help" }

// ColumnKey is the locale key of the name of a table's column.
func (s *Spec) ColumnKey(field, column string) string {
	return s.words() + ".field." + field + ".column." + column
}

// FlagKey is the locale key of a table's column that is on, or off.
func (s *Spec) FlagKey(field string, on bool) string {
	if on {
		return s.words() + ".field." + field + ".on"
	}
	return s.words() + ".field." + field + ".off"
}

// ChoiceKey is the locale key of one choice of a setting; "" where choices are
// shown as they are.
func (s *Spec) ChoiceKey(field, choice string) string {
	for _, f := range s.Fields {
		if f.Name == field && !f.AsIs {
			return s.words() + ".field." + field + ".choice." + choice
		}
	}
	return ""
}
