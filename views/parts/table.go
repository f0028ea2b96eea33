package parts

import "github.com/a-h/templ"

// Column heads a column of a Table.
type Column struct {
	Label  string
	Num    bool // to the right, in the mono font: give its cells class "num"
	Hidden bool // label for screen readers only
}

// TableProps is a table in its scrolling frame; its rows are the children. Stack
// turns rows into cards on phones: name numbers by data-l, full lines by class
// "wide".
type TableProps struct {
	Label   string
	Columns []Column
	Stack   bool
}

// CardProps is a section with a heading. Aside is muted text behind the heading;
// More and its Label a link at the end of the line.
type CardProps struct {
	ID     string // of the heading, to be unique on the page
	Title  string
	Aside  string
	More   templ.SafeURL
	MoreAs string
	Head   templ.Component // more of the heading's line, in place of More
}

// Tab of Tabs.
type Tab struct {
	Label   string
	URL     templ.SafeURL
	Current bool
	Count   string
}

// Crumb of a Breadcrumb; Typed is text that a person typed.
type Crumb struct {
	Label string
	URL   templ.SafeURL
	Typed bool
}

// HeaderProps is the top of a page; its actions are the children.
type HeaderProps struct {
	Icon  string
	Title string
	Typed bool // a person typed the title
	// TitleAs replaces Title when only a part of it is typed.
	TitleAs templ.Component
	Crumbs  []Crumb
	Badge   templ.Component
	Meta    templ.Component // one muted line under the title
}

// PageProps are the links of a list that goes back in time; "" leaves one out.
type PageProps struct {
	Newest templ.SafeURL
	Older  templ.SafeURL
}
