package settings

import (
	"levqor/jobs/account"
	"levqor/locales"
	"levqor/views/layout"
	"levqor/views/parts"
)

// ProfilePage is what a person says about themselves.
type ProfilePage struct {
	Base
	Profile   account.Profile
	Email     string
	Languages []locales.Locale
	Problems  parts.Problems
}

func (p ProfilePage) languages() []parts.Option {
	options := make([]parts.Option, len(p.Languages))
	for i, l := range p.Languages {
		options[i] = parts.Option{Value: l.Code, Label: l.Name}
	}
	return options
}

func pressed(chosen, one layout.Theme) string {
	if chosen == one {
		return "true"
	}
	return "false"
}
