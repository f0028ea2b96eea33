package api

import (
	"context"
	"net/http"
	"time"

	"levqor/jobs/account"
	"levqor/jobs/workflow"
)

// Figures is how a workflow's runs went. Test runs don't count.
type Figures struct {
	Days        int           `json:"days"`
	Succeeded   int           `json:"succeeded"`
	Failed      int           `json:"failed"`
	Canceled    int           `json:"canceled"`
	P50MS       int64         `json:"p50_ms" doc:"Of runs that succeeded; 0: none did."`
	P95MS       int64         `json:"p95_ms"`
	SlowestStep string        `json:"slowest_step" doc:"Id of the step with the longest mean time."`
	SlowestMS   int64         `json:"slowest_ms"`
	SavedMin    int64         `json:"saved_minutes" doc:"What a run saves a person, as the settings say, times the runs that succeeded."`
	Causes      []CauseCount  `json:"causes" doc:"Most frequent first."`
	PerDay      []FiguresADay `json:"per_day" doc:"Days in UTC, oldest first."`
}

// CauseCount is how often runs failed so.
type CauseCount struct {
	Failure string `json:"failure"`
	Count   int    `json:"count"`
}

// FiguresADay is one day.
type FiguresADay struct {
	Day       string `json:"day" format:"date"`
	Succeeded int    `json:"succeeded"`
	Failed    int    `json:"failed"`
}

func (r *resources) figures() {
	add(r, op(http.MethodGet, "/workflows/{id}/figures", http.StatusOK, account.ScopeRead, "Show how its runs went"), r.showFigures)
}

func (r *resources) showFigures(ctx context.Context, actor account.Actor, in *struct {
	ByID
	Days int `query:"days" enum:"7,30,90" default:"30"`
}) (*shown[Figures], error) {
	found, err := r.site.Services.Workflows.Figures(ctx, actor, in.ID, in.Days)
	return &shown[Figures]{Body: figuresOf(found)}, err
}

func figuresOf(f workflow.Figures) Figures {
	out := Figures{Days: f.Days, Succeeded: f.Succeeded, Failed: f.Failed, Canceled: f.Canceled, P50MS: f.P50.Milliseconds(), P95MS: f.P95.Milliseconds(),
		SlowestStep: f.SlowestStep, SlowestMS: f.SlowestTook.Milliseconds(), SavedMin: int64(f.Saved / time.Minute), Causes: []CauseCount{}, PerDay: []FiguresADay{}}
	for _, c := range f.Causes {
		out.Causes = append(out.Causes, CauseCount{c.Key, c.Count})
	}
	for _, d := range f.PerDay {
		out.PerDay = append(out.PerDay, FiguresADay{d.Day.UTC().Format(time.DateOnly), d.Succeeded, d.Failed})
	}
	return out
}
