package engine

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/clock"
	"levqor/jobs/db"
	"levqor/jobs/gather"
	"levqor/jobs/queue"
	"levqor/jobs/workflow/flow"
)

// Engine starts, advances and wakes runs.
type Engine struct {
	db       *db.DB
	queue    *queue.Queue
	clock    *clock.Clock
	log      *slog.Logger
	compiler *Compiler
	starts   *gather.Gatherer[New, Started]
	claims   *gather.Gatherer[uuid.UUID, *claimed]
	commits  *gather.Gatherer[write, bool]

	mu       sync.Mutex
	programs map[uuid.UUID]*Program // by version, which never changes

	shift shift
}

const (
	mostTogether = 64  // runs in one commit
	mostPrograms = 500 // kept compiled
)

// NewEngine makes the engine of this process.
func NewEngine(d *db.DB, q *queue.Queue, c *clock.Clock, log *slog.Logger, compiler *Compiler) *Engine {
	e := &Engine{db: d, queue: q, clock: c, log: log, compiler: compiler, programs: map[uuid.UUID]*Program{}}
	e.starts = gather.New(mostTogether, e.startTogether)
	e.claims = gather.New(mostTogether, e.claimTogether)
	e.commits = gather.New(mostTogether, e.commitTogether)
	return e
}

// Compiler is what definitions are checked with.
func (e *Engine) Compiler() *Compiler { return e.compiler }

const togetherTime = 30 * time.Second

func (e *Engine) startTogether(ctx context.Context, news []New) (started []Started, err error) {
	ctx, cancel := context.WithTimeout(ctx, togetherTime)
	defer cancel()
	err = e.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		started, err = e.StartIn(ctx, tx, news)
		return err
	})
	return started, err
}

func (e *Engine) commitTogether(ctx context.Context, writes []write) (wrote []bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, togetherTime)
	defer cancel()
	err = e.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		wrote, err = e.writeAll(ctx, tx, writes)
		return err
	})
	return wrote, err
}

// Advance does one job's share of a run. nil when there is nothing to do any
// more, here or at all; an error when the run must be advanced again.
func (e *Engine) Advance(ctx context.Context, id uuid.UUID) error {
	defer e.shift.begin()()
	run, err := e.claims.Add(ctx, id)
	if err != nil || run == nil {
		return err
	}
	program, err := e.program(ctx, *run)
	if err != nil {
		return err
	}
	now := time.Now()
	a := &advance{Engine: e, run: *run, program: program, until: now.Add(budgetTime), worked: now,
		rows: map[string]row{}, waits: map[string]wait{}, tried: map[string]int{}, begun: map[string]bool{}}
	if run.Epoch > 1 {
		if err := a.load(ctx); err != nil {
			return err
		}
	}
	return a.finish(ctx, a.list(ctx, program.root, vars{steps: map[string]any{}}))
}

// finish turns what the flow came to into the run's new state.
func (a *advance) finish(ctx context.Context, r result) error {
	var c change
	switch r.status {
	case fenced:
		return a.interruption
	case blocked:
		c.state = Waiting
	case yielded:
		c.state = Running
	case failed:
		c.state, c.failure = Failed, r.failure
	case ended:
		c.state, c.failure = Succeeded, r.failure
		if r.failure != nil {
			c.state = Failed
		}
	default:
		c.state = Succeeded
	}
	if ctx.Err() != nil { // the process stops: what was done is kept, another goes on
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
	}
	if err := a.commit(ctx, c); err != nil && !isFenced(err) {
		return err
	}
	return nil
}

// program is the run's version, compiled once a process.
func (e *Engine) program(ctx context.Context, run claimed) (*Program, error) {
	e.mu.Lock()
	p, ok := e.programs[run.Version]
	e.mu.Unlock()
	if ok {
		return p, nil
	}
	var definition flow.Definition
	err := e.db.InWorkspace(ctx, run.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT definition FROM workflow_versions WHERE id = $1`, run.Version).Scan(&definition)
	})
	if err != nil {
		return nil, fmt.Errorf("read version %s: %w", run.Version, err)
	}
	p, problems := e.compiler.Compile(definition)
	if p == nil {
		return nil, fmt.Errorf("version %s was published but does not compile: %v", run.Version, problems)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.programs) >= mostPrograms {
		clear(e.programs)
	}
	e.programs[run.Version] = p
	return p, nil
}
