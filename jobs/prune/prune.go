// Package prune keeps every growing table within a bound: each line registers how
// long its rows are kept, and why; one job lets the others go.
package prune

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"levqor/jobs/clock"
	"levqor/jobs/db"
)

// Day is the unit of ages.
const Day = 24 * time.Hour

// Rule is how long rows of a table are kept. One without an Age only says what
// bounds the table: its workspace, another row, or a sweep of its own.
type Rule struct {
	Table string
	Age   time.Duration // by the product's clock
	Where string        // which rows r go; $1 is the moment Age ago
	Set   string        // what is forgotten of them; empty: the whole row
	Call  string        // instead of deleting by Where: a statement that deletes at most $2 rows older than $1
	Why   string
}

// Plan is what one rule would do.
type Plan struct {
	Rule
	Rows int64 // that would go now
}

// Pruner does what the rules say.
type Pruner struct {
	db      *db.DB
	clock   *clock.Clock
	log     *slog.Logger
	trusted func(ctx context.Context, tx pgx.Tx) error
	rules   []Rule
}

// New makes the job. trusted refuses while the clock is doubted: then nothing goes.
func New(d *db.DB, c *clock.Clock, log *slog.Logger, trusted func(context.Context, pgx.Tx) error, rules ...[]Rule) *Pruner {
	all := slices.Concat(rules...)
	slices.SortStableFunc(all, func(a, b Rule) int { return cmp.Compare(a.Table, b.Table) })
	return &Pruner{db: d, clock: c, log: log, trusted: trusted, rules: all}
}

// Rules by table.
func (p *Pruner) Rules() []Rule { return slices.Clone(p.rules) }

// Trusted refuses while the clock is doubted: then nothing goes.
func (p *Pruner) Trusted(ctx context.Context) error { return p.db.AsSystem(ctx, p.trusted) }

// DryRun counts, rule by rule, what Sweep would let go now; nothing changes.
func (p *Pruner) DryRun(ctx context.Context) (plans []Plan, err error) {
	err = p.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		for _, r := range p.rules {
			plan := Plan{Rule: r}
			if r.Where != "" {
				if err := tx.QueryRow(ctx, `SELECT count(*) FROM `+r.Table+` r WHERE `+r.Where, p.clock.Now().Add(-r.Age)).Scan(&plan.Rows); err != nil {
					return fmt.Errorf("count what goes of %s: %w", r.Table, err)
				}
			}
			plans = append(plans, plan)
		}
		return nil
	})
	return plans, err
}

const (
	batch       = 1000
	mostBatches = 50 // of a rule in one round: the rest waits for the next
)

// Sweep lets go of what is too old, in batches; each is a transaction of its own, so
// it may be killed anywhere and run again.
func (p *Pruner) Sweep(ctx context.Context) error {
	for _, r := range p.rules {
		if r.Where == "" && r.Call == "" {
			continue
		}
		for range mostBatches {
			gone, err := p.once(ctx, r)
			if err != nil {
				return fmt.Errorf("let go of %s: %w", r.Table, err)
			}
			if gone > 0 {
				p.log.DebugContext(ctx, "old rows went", "table", r.Table, "rows", gone)
			}
			if gone < batch {
				break
			}
		}
	}
	return nil
}

func (p *Pruner) once(ctx context.Context, r Rule) (gone int64, err error) {
	err = p.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := p.trusted(ctx, tx); err != nil {
			return err
		}
		before := p.clock.Now().Add(-r.Age)
		if r.Call != "" {
			return tx.QueryRow(ctx, r.Call, before, batch).Scan(&gone)
		}
		tag, err := tx.Exec(ctx, r.Statement(), before, batch)
		gone = tag.RowsAffected()
		return err
	})
	return gone, err
}

// Statement lets at most $2 rows go, or forgets what Set says of them.
func (r Rule) Statement() string {
	some := ` WHERE ctid = ANY(ARRAY(SELECT r.ctid FROM ` + r.Table + ` r WHERE ` + r.Where + ` LIMIT $2 FOR UPDATE SKIP LOCKED))`
	if r.Set != "" {
		return `UPDATE ` + r.Table + ` SET ` + r.Set + some
	}
	return `DELETE FROM ` + r.Table + some
}
