package parts

import (
	"maps"

	"github.com/a-h/templ"
)

// InputProps is one labelled control. ID defaults to "f-"+Name; Hint and Error
// are tied to it for screen readers.
type InputProps struct {
	Name         string
	Label        string
	Value        string
	Type         string // "text" unless set
	Hint         string
	Error        string
	ID           string
	Autocomplete string // "off" unless set
	InputMode    string
	Placeholder  string
	Max          int // characters; 0: no limit
	Disabled     bool
	Focus        bool
	Mono         bool // hosts, ids, paths, numbers: left to right in the mono font
	Optional     bool // says so beside the label
	ReadOnly     bool
	Required     bool
	Wide         bool // both columns of a form grid
	Attrs        templ.Attributes
}

// Option of a Select.
type Option struct {
	Value    string
	Label    string
	Disabled bool
}

// SelectProps is a list to choose one from.
type SelectProps struct {
	Name     string
	Label    string
	Value    string
	Options  []Option
	Hint     string
	Error    string
	ID       string
	Disabled bool
	Optional bool
	Wide     bool
	Attrs    templ.Attributes
}

// CheckProps is one box to tick.
type CheckProps struct {
	Name     string
	Value    string // "on" unless set
	Label    string
	Hint     string
	Error    string
	ID       string
	Checked  bool
	Disabled bool
	Attrs    templ.Attributes
}

// ChoiceProps is a radio as a card; what it opens are its children, shown while
// it is chosen.
type ChoiceProps struct {
	Name     string
	Value    string
	Label    string
	Hint     string
	Chip     string // "usual choice"
	Checked  bool
	Danger   bool // set apart: it replaces something
	Disabled bool
}

func fieldID(id, name string) string {
	if id != "" {
		return id
	}
	return "f-" + name
}

// described lists the ids of what explains the field.
func described(id, hint, problem string) string {
	switch {
	case hint != "" && problem != "":
		return id + "-error " + id + "-hint"
	case problem != "":
		return id + "-error"
	case hint != "":
		return id + "-hint"
	default:
		return ""
	}
}

func with(attrs templ.Attributes, name string, value any) templ.Attributes {
	all := templ.Attributes{name: value}
	maps.Copy(all, attrs)
	return all
}

func or(text, otherwise string) string {
	if text != "" {
		return text
	}
	return otherwise
}
