package flow

import (
	"encoding/json"
)

// Change is what happened to a step between two definitions.
type Change string

const (
	Added   Change = "added"
	Edited  Change = "edited"
	Moved   Change = "moved"
	Removed Change = "removed"
)

// Diff is what changed, by step id. TriggerEdited and SettingsEdited stand apart.
type Diff struct {
	Steps          map[string]Change
	TriggerEdited  bool
	SettingsEdited bool
}

// Count of one sort of change.
func (d Diff) Count(change Change) (n int) {
	for _, c := range d.Steps {
		if c == change {
			n++
		}
	}
	if change == Edited && d.TriggerEdited {
		n++
	}
	if change == Edited && d.SettingsEdited {
		n++
	}
	return n
}

// Empty reports whether nothing changed.
func (d Diff) Empty() bool { return len(d.Steps) == 0 && !d.TriggerEdited && !d.SettingsEdited }

// Compare says how to get from one definition to the other. A step that was
// edited and moved counts as edited.
func Compare(from, to *Definition) Diff {
	diff := Diff{Steps: map[string]Change{}, TriggerEdited: !same(from.Trigger, to.Trigger), SettingsEdited: from.Settings != to.Settings}
	before := neighbours(from)
	after := neighbours(to)
	for id, now := range after {
		was, ok := before[id]
		switch {
		case !ok:
			diff.Steps[id] = Added
		case was.own != now.own:
			diff.Steps[id] = Edited
		}
	}
	for id := range before {
		if _, ok := after[id]; !ok {
			diff.Steps[id] = Removed
		}
	}
	for id, now := range after {
		if _, known := diff.Steps[id]; !known && moved(before, after, before[id], now, diff) {
			diff.Steps[id] = Moved
		}
	}
	return diff
}

type neighbour struct {
	lane  Lane
	prev  string
	own   string // the step without what is inside it
	order int
}

func neighbours(d *Definition) map[string]neighbour {
	found := map[string]neighbour{}
	prev := map[Lane]string{}
	for place, step := range d.All() {
		found[step.ID] = neighbour{lane: place.Lane, prev: prev[place.Lane], own: own(step), order: place.Index}
		prev[place.Lane] = step.ID
	}
	return found
}

// moved: in another lane, or after another step than before, added and removed
// ones apart.
func moved(before, after map[string]neighbour, was, now neighbour, diff Diff) bool {
	if was.lane != now.lane {
		return true
	}
	for was.prev != "" && diff.Steps[was.prev] == Removed {
		was.prev = before[was.prev].prev
	}
	for now.prev != "" && diff.Steps[now.prev] == Added {
		now.prev = after[now.prev].prev
	}
	return was.prev != now.prev
}

func own(step *Step) string {
	bare := *step
	bare.Rescue, bare.Branches = nil, nil
	for _, branch := range step.Branches {
		bare.Branches = append(bare.Branches, Branch{Name: branch.Name, When: branch.When})
	}
	text, err := json.Marshal(bare)
	if err != nil {
		return step.ID
	}
	return string(text)
}

func same(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}
