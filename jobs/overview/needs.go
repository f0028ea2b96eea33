package overview

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"levqor/jobs/alert"
	"levqor/jobs/task"
)

// needsOf lists what is wrong first, then what is missing.
func needsOf(r reading) []Need {
	var needs []Need
	for i := range r.alerts {
		a := &r.alerts[i]
		needs = append(needs, Need{Kind: string(a.Kind), Name: a.SourceName, Path: a.Path(), Alert: a})
	}
	for _, plans := range bySource(r.plans) {
		p := plans[0]
		switch {
		case p.PlanID == nil:
			needs = append(needs, Need{Kind: NeedPlan, Name: p.Name, Path: "/sources/" + p.SourceID.String()})
		case p.TestedAt == nil && p.CopyAt == nil:
			needs = append(needs, Need{Kind: NeedTest, Name: p.Name, Path: "/sources/" + p.SourceID.String()})
		}
	}
	for _, k := range r.facts.Kits {
		if r.facts.HasSnapshot {
			needs = append(needs, Need{Kind: NeedKit, Name: k.Name, Path: "/vaults/" + k.ID.String()})
		}
	}
	return needs
}

// nextOf is the next five backups and drills that the schedules will start.
func nextOf(r reading) []Run {
	const shown = 5
	troubled := map[uuid.UUID]bool{}
	for _, a := range r.alerts {
		troubled[a.PlanID] = troubled[a.PlanID] || a.Kind == alert.BackupFailed
	}
	var runs []Run
	for _, p := range r.plans {
		if p.PlanID == nil || p.PausedAt != nil {
			continue
		}
		add := func(kind task.Kind, at *time.Time) {
			if at != nil {
				runs = append(runs, Run{At: *at, Kind: kind, SourceID: p.SourceID, Name: p.Name, PlanID: *p.PlanID, Troubled: troubled[*p.PlanID]})
			}
		}
		add(task.Backup, p.NextAt)
		add(task.Drill, p.NextDrillAt)
	}
	slices.SortStableFunc(runs, func(a, b Run) int { return a.At.Compare(b.At) })
	return runs[:min(shown, len(runs))]
}

// setupOf follows from facts alone: nothing is ticked by hand.
func setupOf(r reading) []Step {
	return []Step{
		{Name: "source", Done: r.facts.Total > 0, Path: "/sources/new"},
		{Name: "backup", Done: r.facts.HasSnapshot, Path: "/sources"},
		{Name: "proof", Done: r.facts.HasProof, Path: "/sources"},
		{Name: "kit", Done: r.facts.HasVault && len(r.facts.Kits) == 0, Path: "/vaults"},
		{Name: "person", Done: r.facts.People > 1, Path: "/settings/members"},
	}
}
