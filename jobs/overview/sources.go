package overview

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/drill"
)

// rpo is zero without a plan.
func (p planRow) rpo() time.Duration { return minutes(p.RPOMinutes) }

// allowed is how far apart the plan's copies may lie.
func (p planRow) allowed() time.Duration { return p.rpo() + drill.CopyGrace(p.rpo()) }

// owedFrom is when the plan's next copy should have been there.
func (p planRow) owedFrom() time.Time {
	switch {
	case p.PlanID == nil:
		return time.Time{}
	case p.CopyAt != nil && p.CopyAt.After(at(p.PlanSince)):
		return p.CopyAt.Add(p.allowed())
	default:
		return p.PlanSince.Add(p.allowed())
	}
}

// late says that the plan owes a copy that is not there.
func (p planRow) late(now time.Time) bool {
	return p.PlanID != nil && p.PausedAt == nil && now.After(p.owedFrom())
}

func rank(p drill.Protection) int { return slices.Index(drill.Protections, p) }

// States are the sources of the workspace, without their days, or that one.
func (o *Overview) States(ctx context.Context, actor account.Actor, only uuid.UUID) (states map[uuid.UUID]Source, err error) {
	if err := actor.Require(account.View); err != nil {
		return nil, err
	}
	states = map[uuid.UUID]Source{}
	err = o.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		now := o.clock.Now()
		rows, err := readPlansOf(ctx, tx, only, now)
		for _, plans := range bySource(rows) {
			s := fold(plans, now)
			states[s.ID] = s
		}
		return err
	})
	return states, err
}

// sourcesOf folds the plans of each source into one line with its days.
func sourcesOf(r reading, dates, ends []time.Time, now time.Time) []Source {
	facts := map[uuid.UUID]map[time.Time]dayRow{}
	for _, row := range r.days {
		if facts[row.SourceID] == nil {
			facts[row.SourceID] = map[time.Time]dayRow{}
		}
		facts[row.SourceID][row.Day] = row
	}
	var sources []Source
	for _, plans := range bySource(r.plans) {
		s := fold(plans, now)
		standing := standingOf(plans)
		for i, date := range dates {
			s.Days = append(s.Days, judgeDay(facts[s.ID][date].facts(), standing, ends[i], now))
		}
		sources = append(sources, s)
	}
	return sources
}

// fold takes each fact from the plan where it is best.
func fold(plans []planRow, now time.Time) Source {
	first := plans[0]
	s := Source{ID: first.SourceID, Name: first.Name, Kind: first.Kind, Protection: drill.NoPlan, Late: first.PlanID != nil}
	for _, p := range plans {
		protection := p.Protection(now)
		if rank(protection) < rank(s.Protection) {
			s.Protection = protection
		}
		if id, proven := p.Proof(); proven != nil && (protection == drill.Proven || s.Protection != drill.Proven) && at(s.LastProof).Before(*proven) {
			s.LastProof, s.LastDrill = proven, id
		}
		s.Late = s.Late && p.late(now)
		if p.CopyAt != nil && at(s.NewestCopy).Before(*p.CopyAt) {
			s.NewestCopy, s.Bytes = p.CopyAt, *p.CopyBytes
		}
	}
	return s
}

// standingOf a source: paused when all of its plans are; owing from the earliest
// that an active one does.
func standingOf(plans []planRow) (s standing) {
	for _, p := range plans {
		if p.PausedAt != nil {
			s.pausedAt = p.PausedAt
		}
	}
	for _, p := range plans {
		if p.PlanID == nil || p.PausedAt != nil {
			continue
		}
		s.pausedAt = nil
		if owed := p.owedFrom(); s.owedFrom.IsZero() || owed.Before(s.owedFrom) {
			s.owedFrom = owed
		}
	}
	return s
}

func bySource(rows []planRow) [][]planRow {
	var groups [][]planRow
	for i, row := range rows {
		if i == 0 || rows[i-1].SourceID != row.SourceID {
			groups = append(groups, nil)
		}
		groups[len(groups)-1] = append(groups[len(groups)-1], row)
	}
	return groups
}

func (d dayRow) facts() dayFacts {
	return dayFacts{lastCopy: at(d.LastCopy), lastFailure: at(d.LastFailure), lastProof: at(d.LastProof),
		proofPassed: d.ProofPassed != nil && *d.ProofPassed, lateCopy: d.LateCopy}
}

// Attention says whether a person has to do something about the source.
func (s Source) Attention() bool { return s.Protection.Attention() || s.Late }

// sentenceOf counts; total may be more than the sources shown.
func sentenceOf(total int, sources []Source) Sentence {
	s := Sentence{Total: total, OnTime: true}
	for _, source := range sources {
		if source.Protection == drill.Proven {
			s.Proven++
			if source.LastProof != nil && (s.OldestProof == nil || source.LastProof.Before(*s.OldestProof)) {
				s.OldestProof = source.LastProof
			}
		}
		if source.Attention() {
			s.Attention = append(s.Attention, source.Name)
		}
		s.Ran = s.Ran || source.NewestCopy != nil
		s.OnTime = s.OnTime && !source.Late
	}
	return s
}

// seriesOf carries each source's size forward over the days without a copy.
func seriesOf(sizes []sizeRow, dates []time.Time) []int64 {
	slices.SortStableFunc(sizes, func(a, b sizeRow) int { return cmp.Compare(at(a.Day).Unix(), at(b.Day).Unix()) })
	newest := map[uuid.UUID]int64{}
	series := make([]int64, len(dates))
	next := 0
	for i, date := range dates {
		for ; next < len(sizes) && !at(sizes[next].Day).After(date); next++ {
			newest[sizes[next].SourceID] = sizes[next].Bytes
		}
		for _, bytes := range newest {
			series[i] += bytes
		}
	}
	return series
}

func at(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

func minutes(n *int) time.Duration {
	if n == nil {
		return 0
	}
	return time.Duration(*n) * time.Minute
}
