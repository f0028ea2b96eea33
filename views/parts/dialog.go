package parts

import "github.com/a-h/templ"

// DialogProps is a dialog that DialogLink opens by its id. Open shows it at once,
// as after a refused form.
type DialogProps struct {
	ID    string
	Title string
	Icon  string
	Open  bool
	// TitleAs replaces Title when it holds a name that a person typed.
	TitleAs templ.Component
}

// Consequence is one line of what a confirmed action does.
type Consequence struct {
	Icon string
	Text templ.Component
}

// ConfirmProps asks a person to type a name before something that can't be undone.
// The form posts csrf, `confirm` (what was typed) and Hidden; the server checks it.
type ConfirmProps struct {
	ID           string
	Title        templ.Component
	Action       templ.SafeURL
	Name         string // what to type
	Consequences []Consequence
	Button       string
	Note         string // under the field: "It can't be undone."
	Error        string
	Hidden       map[string]string
	Open         bool
}

// StepUpProps asks a person to confirm by a code from the mail. Both forms post
// csrf and next; the second also `code`.
type StepUpProps struct {
	Why     templ.Component // "You are about to restore over live data in shop-db."
	SendURL templ.SafeURL
	CodeURL templ.SafeURL
	Next    string // where to go afterwards
	Sent    bool   // the code is on its way
	Error   string
}
