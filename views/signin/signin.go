// Package signin draws the pages of people who are not signed in yet.
package signin

import "levqor/views/layout"

// LinkPage is where a mailed link leads: it signs in by one press, because mail
// scanners open links.
type LinkPage struct {
	Sheet layout.Sheet
	Token string
	Next  string // where to go afterwards
}
