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
	before, after := placed(from), placed(to)
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
	for _, id := range moved(to, before, after) {
		if _, known := diff.Steps[id]; !known {
			diff.Steps[id] = Moved
		}
	}
	return diff
}

// spot is where a step stands, and what it says without what is inside it.
type spot struct {
	lane  string
	order int
	own   string
}

func placed(d *Definition) map[string]spot {
	found := map[string]spot{}
	for place, step := range d.All() {
		found[step.ID] = spot{lane: d.laneName(place.Lane), order: place.Index, own: own(step)}
	}
	return found
}

// laneName is the same when a branch gets a neighbour.
func (d *Definition) laneName(lane Lane) string {
	step, _, ok := d.Find(lane.Step)
	switch {
	case !ok:
		return ""
	case lane.Rescue:
		return lane.Step + "!"
	}
	return lane.Step + "/" + step.Branches[lane.Branch].Name
}

// moved are the steps that stand in another lane than before, and of each lane
// those, as few as can be, whose move explains its new order.
func moved(to *Definition, before, after map[string]spot) (ids []string) {
	stayed := map[string][]string{}
	for _, step := range to.All() {
		was, known := before[step.ID]
		lane := after[step.ID].lane
		switch {
		case !known:
		case was.lane != lane:
			ids = append(ids, step.ID)
		default:
			stayed[lane] = append(stayed[lane], step.ID)
		}
	}
	for _, lane := range stayed {
		kept := longestRise(lane, func(id string) int { return before[id].order })
		for _, id := range lane {
			if !kept[id] {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// longestRise is the longest way through ids, in their order, on which rank rises.
func longestRise(ids []string, rank func(string) int) map[string]bool {
	length, from := make([]int, len(ids)), make([]int, len(ids))
	last := -1
	for i, id := range ids {
		from[i] = -1
		for j := range i {
			if rank(ids[j]) < rank(id) && length[j] >= length[i] {
				length[i], from[i] = length[j]+1, j
			}
		}
		if last < 0 || length[i] > length[last] {
			last = i
		}
	}
	rise := map[string]bool{}
	for ; last >= 0; last = from[last] {
		rise[ids[last]] = true
	}
	return rise
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
