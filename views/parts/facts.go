package parts

import "github.com/a-h/templ"

// Fact is one cell of a FactStrip: a label, a big value, what it means.
type Fact struct {
	Label string
	Aside string // at the end of the label's line: "objective 6 h"
	Value string
	Unit  string // muted behind the value: "old"
	Meter *MeterProps
	Tip   string // a line under it, with the icon of Tone
	Tone  Tone
	Icon  string // of Tip, in place of Tone's
	Link  Action
	Spark *SparkProps
	Below templ.Component // anything else
}
