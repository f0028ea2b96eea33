package workflows

import (
	"slices"
	"strconv"
	"strings"

	"levqor/jobs/workflow/flow"
)

// Spot is a gap between steps.
type Spot struct {
	Lane  flow.Lane
	Index int
}

// Text writes a spot for an address: "3" in the flow itself, "check.1.3" in the
// second branch of the step check, "check.error.3" in its error branch.
func (s Spot) Text() string {
	index := strconv.Itoa(s.Index)
	switch {
	case s.Lane.Step == "":
		return index
	case s.Lane.Rescue:
		return s.Lane.Step + ".error." + index
	default:
		return s.Lane.Step + "." + strconv.Itoa(s.Lane.Branch) + "." + index
	}
}

// SpotOf reads it back.
func SpotOf(text string) (s Spot, ok bool) {
	parts := strings.Split(text, ".")
	index, err := strconv.Atoi(parts[len(parts)-1])
	if err != nil || index < 0 {
		return Spot{}, false
	}
	s.Index = index
	switch {
	case len(parts) == 1:
		return s, true
	case len(parts) != 3 || parts[0] == "":
		return Spot{}, false
	case parts[1] == "error":
		s.Lane = flow.Lane{Step: parts[0], Rescue: true}
		return s, true
	}
	branch, err := strconv.Atoi(parts[1])
	s.Lane = flow.Lane{Step: parts[0], Branch: branch}
	return s, err == nil && branch >= 0
}

// After is the gap behind a step.
func After(place flow.Place) Spot { return Spot{Lane: place.Lane, Index: place.Index + 1} }

// Toward is where a step goes that moves one place up, down, into the branch
// beside it or out of its own. At the end of a branch down leads into the next
// one, and up the other way. ok is false where there is no such place.
func Toward(d *flow.Definition, id, way string) (to Spot, ok bool) {
	_, place, ok := d.Find(id)
	if !ok {
		return Spot{}, false
	}
	list := *d.List(place.Lane)
	switch way {
	case "up":
		if place.Index > 0 {
			return Spot{place.Lane, place.Index - 1}, true
		}
		lane, size, found := beside(d, place.Lane, -1)
		return Spot{lane, size}, found
	case "down":
		if place.Index+1 < len(list) {
			return Spot{place.Lane, place.Index + 2}, true
		}
		lane, _, found := beside(d, place.Lane, 1)
		return Spot{lane, 0}, found
	case "out":
		_, outer, inside := d.Find(place.Lane.Step)
		return After(outer), inside
	case "in":
		if place.Index > 0 {
			for lane, inner := range list[place.Index-1].Lists() {
				return Spot{lane, len(*inner)}, true
			}
		}
		if place.Index+1 < len(list) {
			for lane := range list[place.Index+1].Lists() {
				return Spot{lane, 0}, true
			}
		}
	}
	return Spot{}, false
}

// beside is the branch so many after a branch of the same step, and how many steps
// it has.
func beside(d *flow.Definition, of flow.Lane, by int) (lane flow.Lane, size int, ok bool) {
	parent, _, inside := d.Find(of.Step)
	if !inside {
		return flow.Lane{}, 0, false
	}
	var lanes []flow.Lane
	for one := range parent.Lists() {
		lanes = append(lanes, one)
	}
	at := slices.Index(lanes, of) + by
	if at < 0 || at >= len(lanes) {
		return flow.Lane{}, 0, false
	}
	return lanes[at], len(*d.List(lanes[at])), true
}
