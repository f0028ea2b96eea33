package overview

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/drill"
	"levqor/jobs/fail"
)

// SourceFacts is the header of a source's page. Nil means not known yet.
type SourceFacts struct {
	Now        time.Time
	Protection drill.Protection
	PlanID     *uuid.UUID
	NewestCopy *time.Time
	CopyAge    time.Duration
	RPO        time.Duration
	RPOMet     bool           // the newest copy is within the objective, its grace not counted
	Restore    *time.Duration // as the last drill measured it
	RTO        time.Duration
	RTOMet     bool
	ProvenAt   *time.Time // of the proof that Protection counts by
	ProofID    *uuid.UUID // the drill whose proof is the last
	ProofAt    *time.Time
	ErroredAt  *time.Time // of the last drill, when it ended without an answer
	ErroredID  *uuid.UUID
	Passed     bool
	Good       int
	Checks     int
	NextBackup *time.Time
	NextDrill  *time.Time
	PausedAt   *time.Time
	Bytes      int64
	Dates      []time.Time
	Days       []DayState // of Dates
	Sizes      []int64    // of the newest copy at the end of each of Dates
}

// Grown is how much larger the newest copy is than thirty days ago.
func (f SourceFacts) Grown() int64 {
	if len(f.Sizes) == 0 {
		return 0
	}
	return f.Bytes - f.Sizes[0]
}

// SourceFacts reads the header of a source. NotFound for one of another
// workspace, or a removed one.
func (o *Overview) SourceFacts(ctx context.Context, actor account.Actor, source uuid.UUID) (facts SourceFacts, err error) {
	if err := actor.Require(account.View); err != nil {
		return SourceFacts{}, err
	}
	err = o.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		now := o.clock.Now()
		rows, err := readPlansOf(ctx, tx, source, now)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return fail.New(fail.NotFound, "fail.not_found")
		}
		workspace, err := readWorkspace(ctx, tx)
		if err != nil {
			return err
		}
		zone, err := time.LoadLocation(workspace.Zone)
		if err != nil {
			return err
		}
		facts = factsOf(bestPlan(rows, now), now)
		r := reading{facts: workspace, plans: rows}
		if err := r.readPast(ctx, tx, firstInstant(now, zone)); err != nil {
			return err
		}
		var ends []time.Time
		facts.Dates, ends = localDays(now, zone, Days)
		facts.Days = sourcesOf(r, facts.Dates, ends, now)[0].Days
		facts.Sizes = seriesOf(r.sizes, facts.Dates)
		return nil
	})
	return facts, err
}

// bestPlan is the one that the source's protection counts by.
func bestPlan(rows []planRow, now time.Time) planRow {
	return slices.MinFunc(rows, func(a, b planRow) int {
		return rank(a.Protection(now)) - rank(b.Protection(now))
	})
}

func factsOf(p planRow, now time.Time) SourceFacts {
	f := SourceFacts{Now: now, Protection: p.Protection(now), PlanID: p.PlanID, NewestCopy: p.CopyAt,
		RPO: p.rpo(), RTO: minutes(p.RTOMinutes), ProofID: p.DrillID, ProofAt: p.DrillAt, PausedAt: p.PausedAt}
	_, f.ProvenAt = p.Proof()
	if p.LastDrill != nil && p.LastPassed == nil {
		f.ErroredID, f.ErroredAt = p.LastDrill, p.LastAt
	}
	if p.PausedAt == nil {
		f.NextBackup, f.NextDrill = p.NextAt, p.NextDrillAt
	}
	if p.CopyAt != nil {
		f.CopyAge = max(0, now.Sub(*p.CopyAt))
		f.RPOMet = f.CopyAge <= f.RPO
		f.Bytes = *p.CopyBytes
	}
	if p.DrillPassed != nil {
		f.Passed, f.Good, f.Checks = *p.DrillPassed, count(p.Good), count(p.Checks)
	}
	if p.RestoreMS != nil && f.Passed { // one that failed did not restore all of it
		took := time.Duration(*p.RestoreMS) * time.Millisecond
		f.Restore, f.RTOMet = &took, took <= f.RTO
	}
	return f
}

func count(n *int) int {
	if n == nil {
		return 0
	}
	return *n
}
