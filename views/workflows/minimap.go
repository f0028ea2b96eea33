package workflows

import (
	"levqor/jobs/workflow/flow"
)

// box is a step on the map.
type box struct {
	X, Y, W int
	Here    bool
}

// minimap is the whole flow, small: each step a bar, branches side by side.
type minimap struct {
	Boxes  []box
	Height int
}

const (
	mapWidth = 120
	mapLine  = 14 // from one bar to the next
	mapBar   = 9
)

func mapOf(p Editor) minimap {
	m := minimap{Boxes: []box{{X: 38, Y: 6, W: 44, Here: p.Panel == TriggerPanel}}}
	m.Height = m.list(p.Workflow.Draft.Steps, 4, mapWidth-8, 6+mapLine, p.Step) + 6
	return m
}

// list draws steps one below the other, between left and left+width, and returns
// where the next one would stand.
func (m *minimap) list(steps []flow.Step, left, width, y int, here string) int {
	for i := range steps {
		s := &steps[i]
		bar := max(3, min(44, width-4))
		m.Boxes = append(m.Boxes, box{X: left + (width-bar)/2, Y: y, W: bar, Here: s.ID == here})
		y += mapLine
		count, end := 0, y
		for range s.Lists() {
			count++
		}
		nth := 0
		for _, inner := range s.Lists() {
			end = max(end, m.list(*inner, left+nth*width/count, width/count, y, here))
			nth++
		}
		y = end
	}
	return y
}
