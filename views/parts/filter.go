package parts

import (
	"github.com/a-h/templ"
	"github.com/google/uuid"

	"levqor/jobs/source"
)

// BySourceProps is a list that can be narrowed to one source.
type BySourceProps struct {
	List    templ.SafeURL // its address
	Sources []source.Source
	Chosen  uuid.UUID
	Keep    Query // how it is narrowed otherwise
	InPlace bool  // the page stays, only its content changes
}

// Query is a name and its value in an address.
type Query struct{ Name, Value string }

func (p BySourceProps) inPlace() templ.Attributes {
	if !p.InPlace {
		return nil
	}
	return templ.Attributes{"hx-get": string(p.List), "hx-select": "#main", "hx-target": "#main", "hx-swap": "outerMorph", "hx-push-url": "true"}
}
