package main

import (
	"context"
	"fmt"
	"os"
)

// Phases of a contest.
const (
	phaseFirst   = "first backup"
	phaseSecond  = "second backup"
	phaseRestore = "restore"
)

var phases = []string{phaseFirst, phaseSecond, phaseRestore}

// contest lets programs do the same work in turns, round after round: all of
// them one phase, then all of them the next.
type contest struct {
	b        *bench
	name     string
	of       content
	programs []program
	begin    func(ctx context.Context, round int) error // the data as the first backup finds it
	change   func(ctx context.Context, round int) error // and as the second does
	store    func(p program, home, tag string) command
	same     func(into string) error // what was restored is what was there

	costs map[string]map[string][]cost // by phase and program
}

func (c *contest) run(ctx context.Context) error {
	c.costs = map[string]map[string][]cost{}
	for _, phase := range phases {
		c.costs[phase] = map[string][]cost{}
	}
	for round := range c.b.rounds {
		c.b.say("%s: round %d of %d", c.name, round+1, c.b.rounds)
		if err := c.round(ctx, round); err != nil {
			return err
		}
	}
	return nil
}

func (c *contest) home(p program) string { return c.b.path("home", p.name()) }

func (c *contest) round(ctx context.Context, round int) error {
	defer os.RemoveAll(c.b.path("home"))
	defer os.RemoveAll(c.b.path("restored"))
	if err := c.begin(ctx, round); err != nil {
		return err
	}
	for _, p := range c.programs {
		if err := c.open(ctx, p); err != nil {
			return err
		}
	}
	if err := c.backups(ctx, phaseFirst, "first"); err != nil {
		return err
	}
	if err := c.change(ctx, round); err != nil {
		return err
	}
	if err := c.backups(ctx, phaseSecond, "second"); err != nil {
		return err
	}
	// What was restored stays until all are done: ext4 is slow to make files where
	// others have just been removed.
	for _, p := range c.programs {
		if err := c.restore(ctx, p); err != nil {
			return fmt.Errorf("%s: restore: %w", p.name(), err)
		}
	}
	return nil
}

// open makes the program's new repository.
func (c *contest) open(ctx context.Context, p program) error {
	home := c.home(p)
	if err := os.MkdirAll(home, 0o755); err != nil {
		return err
	}
	for _, step := range p.create(home) {
		if _, _, err := step.run(ctx); err != nil {
			return fmt.Errorf("%s: new repository: %w", p.name(), err)
		}
	}
	return nil
}

func (c *contest) backups(ctx context.Context, phase, tag string) error {
	for _, p := range c.programs {
		before, err := size(repoOf(c.home(p)))
		if err != nil {
			return err
		}
		took, err := c.b.measure(ctx, c.store(p, c.home(p), tag))
		if err != nil {
			return fmt.Errorf("%s: %s: %w", p.name(), phase, err)
		}
		after, err := size(repoOf(c.home(p)))
		if err != nil {
			return err
		}
		took.stored = after - before
		c.add(phase, p, took)
	}
	return nil
}

func (c *contest) restore(ctx context.Context, p program) error {
	into := c.b.path("restored", p.name())
	if err := os.MkdirAll(into, 0o755); err != nil {
		return err
	}
	took, err := c.b.measure(ctx, p.restore(c.home(p), "second", c.of, into))
	if err != nil {
		return err
	}
	c.add(phaseRestore, p, took)
	return c.same(into)
}

func (c *contest) add(phase string, p program, took cost) {
	c.b.say("  %-13s %-7s %s", phase, p.name(), took)
	c.costs[phase][p.name()] = append(c.costs[phase][p.name()], took)
}

func (c *contest) median(phase, program string) cost { return median(c.costs[phase][program]) }
