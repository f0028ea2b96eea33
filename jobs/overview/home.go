package overview

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/alert"
	"levqor/jobs/timecheck"
)

// reading is what one transaction read for the home page.
type reading struct {
	facts  workspaceFacts
	plans  []planRow
	days   []dayRow
	sizes  []sizeRow
	alerts []alert.Alert
	flows  []Need
	clock  bool // doubted
}

// Home reads the home page.
func (o *Overview) Home(ctx context.Context, actor account.Actor) (Home, error) {
	if err := actor.Require(account.View); err != nil {
		return Home{}, err
	}
	home := Home{Now: o.clock.Now()}
	err := o.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		r, zone, err := readHome(ctx, tx, home.Now)
		if err != nil {
			return err
		}
		var ends []time.Time
		home.Zone = r.facts.Zone
		home.Stored = r.facts.Stored
		home.Dates, ends = localDays(home.Now, zone, Days)
		home.Sources = sourcesOf(r, home.Dates, ends, home.Now)
		home.Sentence = sentenceOf(r.facts.Total, home.Sources)
		home.Needs = needsOf(r)
		home.Protected = seriesOf(r.sizes, home.Dates)
		home.Next = nextOf(r)
		home.Setup = setupOf(r)
		home.Running, err = readRunning(ctx, tx)
		return err
	})
	if err != nil {
		return Home{}, fmt.Errorf("home: %w", err)
	}
	return home, nil
}

func readHome(ctx context.Context, tx pgx.Tx, now time.Time) (r reading, zone *time.Location, err error) {
	if r.facts, err = readWorkspace(ctx, tx); err != nil {
		return r, nil, err
	}
	if zone, err = time.LoadLocation(r.facts.Zone); err != nil {
		return r, nil, err
	}
	if r.plans, err = readPlans(ctx, tx, MaxSources, now); err != nil {
		return r, nil, err
	}
	if err := r.readPast(ctx, tx, firstInstant(now, zone)); err != nil {
		return r, nil, err
	}
	if r.alerts, err = alert.Find(ctx, tx, alert.Filter{Open: true, Limit: mostAlerts}); err != nil {
		return r, nil, err
	}
	if r.flows, err = readFlows(ctx, tx, now); err != nil {
		return r, nil, err
	}
	err = tx.QueryRow(ctx, `SELECT `+timecheck.Doubted+` > 0`).Scan(&r.clock)
	return r, zone, err
}

// readPast reads days and sizes of the sources of r.plans.
func (r *reading) readPast(ctx context.Context, tx pgx.Tx, since time.Time) (err error) {
	var sources, plans []uuid.UUID
	var allowed []int64
	for _, p := range r.plans {
		sources = append(sources, p.SourceID)
		if p.PlanID != nil {
			plans = append(plans, *p.PlanID)
			allowed = append(allowed, int64(p.allowed().Seconds()))
		}
	}
	if r.days, err = readDays(ctx, tx, r.facts.Zone, since, sources, plans, allowed); err != nil {
		return err
	}
	r.sizes, err = readSizes(ctx, tx, r.facts.Zone, since, distinct(sources))
	return err
}

// firstInstant is where the oldest of the page's days begins.
func firstInstant(now time.Time, zone *time.Location) time.Time {
	_, ends := localDays(now, zone, Days+1)
	return ends[0]
}

func distinct(ids []uuid.UUID) []uuid.UUID {
	seen := map[uuid.UUID]bool{}
	var out []uuid.UUID
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}
