// Package signin draws the pages of people who are not signed in yet, and the one
// that confirms who is.
package signin

import (
	"net/url"

	"github.com/a-h/templ"

	"levqor/jobs/account"
	"levqor/views/layout"
	"levqor/views/parts"
)

// AskPage asks for an address to send a link to.
type AskPage struct {
	Sheet    layout.Sheet
	Email    string
	Next     string // where to go afterwards
	Problems parts.Problems
	Unsent   bool // mails stay in the outbox of `levqor dev`
}

// CodePage tells to look into the mail. It names what was typed and nothing else.
type CodePage struct {
	Sheet    layout.Sheet
	Email    string
	Next     string
	Problems parts.Problems
	Unsent   bool
}

// LinkPage is where a mailed link leads: it signs in by one press, because mail
// scanners open links.
type LinkPage struct {
	Sheet layout.Sheet
	Token string
	Next  string
}

// LinkFailedPage says why a link did not work, and offers another.
type LinkFailedPage struct {
	Sheet      layout.Sheet
	Failure    parts.Failure
	Ask        AskPage
	SignedInAs string // "": nobody
}

// ConfirmPage is "confirm it is you".
type ConfirmPage struct {
	Sheet   layout.Sheet
	Next    string
	Email   string
	Sent    bool
	Problem string
	Unsent  bool
}

// InvitationPage shows an invitation to whoever holds its link.
type InvitationPage struct {
	Sheet      layout.Sheet
	Token      string
	Offer      account.Offer
	SignedInAs string // "": nobody
}

func (p InvitationPage) path() string { return "/invitations/" + url.PathEscape(p.Token) }

func askURL(next string) templ.SafeURL {
	if next == "" || next == "/" {
		return "/sign-in"
	}
	return templ.SafeURL("/sign-in?next=" + url.QueryEscape(next))
}

// codeProblem is what is wrong with the digits, or with asking at all.
func codeProblem(problems parts.Problems) string {
	if len(problems) == 0 {
		return ""
	}
	return problems[0].Text
}
