package workflows

import (
	"context"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"levqor/jobs/workflow"
	"levqor/locales"
	"levqor/views/layout"
	"levqor/views/parts"
	"levqor/views/runs"
)

// Figures is the page of how a workflow's runs went.
type Figures struct {
	Frame    layout.Frame
	Workflow workflow.Workflow
	Figures  workflow.Figures
}

// Spans that the page offers, in days.
var Spans = []int{7, 30, 90}

func (p Figures) spans(ctx context.Context) (tabs []parts.Tab) {
	for _, days := range Spans {
		tabs = append(tabs, parts.Tab{Label: locales.N(ctx, "workflows.figures.days", days), URL: URL(p.Workflow.ID, "/figures?days="+strconv.Itoa(days)), Current: days == p.Figures.Days})
	}
	return tabs
}

func (p Figures) ended() int { return p.Figures.Succeeded + p.Figures.Failed + p.Figures.Canceled }

func (p Figures) strip(ctx context.Context) []parts.Fact {
	f := p.Figures
	ran := parts.Fact{Label: locales.T(ctx, "workflows.figures.runs"), Value: locales.Number(ctx, p.ended()),
		Link: parts.Action{Label: locales.T(ctx, "workflows.figures.see"), URL: templ.SafeURL("/runs?workflow=" + p.Workflow.ID.String())}}
	good := parts.Fact{Label: locales.T(ctx, "workflows.figures.success"), Value: "–"}
	if rate, ok := f.SuccessRate(); ok {
		percent := int(100 * rate) // 99.9 is not all
		tone := parts.Good
		if percent < 100 {
			tone = parts.Warn
		}
		good.Value = locales.Percent(ctx, percent)
		good.Meter = &parts.MeterProps{Percent: float64(percent), Tone: tone, Label: good.Label + ": " + good.Value}
	}
	took := parts.Fact{Label: locales.T(ctx, "workflows.figures.took"), Value: "–"}
	if f.P50 > 0 {
		took.Value = locales.Duration(ctx, f.P50)
		took.Tip, took.Icon = locales.T(ctx, "workflows.figures.p95", "span", locales.Duration(ctx, f.P95)), "timer"
	}
	return []parts.Fact{ran, good, took, p.saved(ctx)}
}

// saved asks how much a run saves where nobody has said so.
func (p Figures) saved(ctx context.Context) parts.Fact {
	fact := parts.Fact{Label: locales.T(ctx, "workflows.figures.saved"), Value: "–"}
	if minutes := p.Workflow.Draft.Settings.SavesMinutes; minutes > 0 {
		fact.Value = locales.Duration(ctx, p.Figures.Saved)
		fact.Tip, fact.Icon = locales.N(ctx, "workflows.figures.saves", minutes), "hourglass"
		return fact
	}
	fact.Link = parts.Action{Label: locales.T(ctx, "workflows.figures.say_saves"), URL: URL(p.Workflow.ID, "?panel="+string(SettingsPanel))}
	return fact
}

// column of one day in the chart, of which the highest is 100.
type column struct {
	x                        string
	goodY, goodH, badY, badH string
}

const barWidth = 10

func (p Figures) columns() (columns []column) {
	most := 0
	for _, d := range p.Figures.PerDay {
		most = max(most, d.Succeeded+d.Failed)
	}
	for i, d := range p.Figures.PerDay {
		good, bad := share(d.Succeeded, most), share(d.Failed, most)
		columns = append(columns, column{x: decimal(float64(i*barWidth) + 1), goodY: decimal(100 - good), goodH: decimal(good), badY: decimal(100 - good - bad), badH: decimal(bad)})
	}
	return columns
}

func share(n, most int) float64 { return 100 * float64(n) / float64(max(1, most)) }

func decimal(f float64) string { return strconv.FormatFloat(f, 'f', 1, 64) }

func (p Figures) viewBox() string {
	return "0 0 " + strconv.Itoa(barWidth*len(p.Figures.PerDay)) + " 100"
}

func (p Figures) firstDay() time.Time { return p.Figures.PerDay[0].Day }

func (p Figures) lastDay() time.Time { return p.Figures.PerDay[len(p.Figures.PerDay)-1].Day }

// slowest is the name of the step that takes the longest; as its id, when the draft
// has it no more.
func (p Figures) slowest(ctx context.Context) string {
	if found, _, ok := p.Workflow.Draft.Find(p.Figures.SlowestStep); ok {
		return runs.StepName(ctx, *found)
	}
	return p.Figures.SlowestStep
}

// causeText is a failure's words, with what was another each time left open.
func causeText(ctx context.Context, c workflow.Cause) string {
	open := map[string]any{}
	for _, piece := range locales.Pieces(ctx, c.Key+".text") {
		if piece.Slot != "" {
			open[piece.Slot] = "…"
		}
	}
	return parts.FailureOf(ctx, c.Key, open).Text
}

func (p Figures) causeMeter(ctx context.Context, c workflow.Cause) parts.MeterProps {
	return parts.MeterProps{Percent: share(c.Count, p.Figures.Failed), Tone: parts.Bad, Label: locales.N(ctx, "workflows.figures.times", c.Count)}
}
