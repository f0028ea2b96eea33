package parts

import "github.com/a-h/templ"

// Action is a link drawn as a button.
type Action struct {
	Label string
	URL   templ.SafeURL
	Icon  string
}

// EmptyProps is what stands where there is nothing yet: one action, one link.
type EmptyProps struct {
	Title  string
	Text   string
	Action Action
	Second Action
	Icon   string
	Art    templ.Component // in place of Icon
}

// ErrorProps is a page that could not be. Text and Mend are translated already.
type ErrorProps struct {
	Status    int
	Text      string
	Mend      string
	RequestID string
	Action    Action // sign in, say; empty: go home up to 405, else try again
}

// ToastProps is a short message. Undo, if set, is the address that a POST undoes it at.
type ToastProps struct {
	Tone   Tone
	Icon   string
	Text   string
	Detail string
	Undo   string
	UndoAs string
	Action Action
}

// BannerProps is one line over the page: Tone Warn, Bad, or Neutral.
type BannerProps struct {
	Tone   Tone
	Icon   string
	Text   templ.Component
	Action Action
}
