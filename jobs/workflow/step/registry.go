package step

import (
	"cmp"
	"slices"
)

// Registry is every kind of step that this house knows.
type Registry struct {
	kinds map[string]*Spec
	undo  *Spec
}

// NewRegistry holds the specs.
func NewRegistry(specs ...*Spec) *Registry {
	r := &Registry{kinds: map[string]*Spec{}}
	for _, spec := range specs {
		spec.Tries = cmp.Or(spec.Tries, 1)
		if spec.Kind == UndoPointKind {
			r.undo = spec
			continue
		}
		r.kinds[spec.Kind] = spec
	}
	return r
}

// Find a kind.
func (r *Registry) Find(kind string) (*Spec, bool) {
	spec, ok := r.kinds[kind]
	return spec, ok
}

// Undo is what a step with an undo point does first; nil when this house can't.
func (r *Registry) Undo() *Spec { return r.undo }

// All kinds, by group and name.
func (r *Registry) All() []*Spec {
	all := make([]*Spec, 0, len(r.kinds))
	for _, spec := range r.kinds {
		all = append(all, spec)
	}
	slices.SortFunc(all, func(a, b *Spec) int { return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Kind, b.Kind)) })
	return all
}
