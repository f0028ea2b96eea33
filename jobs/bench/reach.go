package main

import (
	"fmt"
	"math"
	"time"
)

// What Levqor has promised itself.
const (
	reachStreamKopia   = 1.7  // times as fast
	reachStreamRestic  = 2.0  // times as fast
	reachTreeCPU       = 0.65 // of restic's
	reachTreeStored    = 1.05 // of the smallest
	reachPostgres      = 1.25 // of pg_dump alone
	reachPostgresAgain = 0.05 // of the first backup's bytes
	reachDrill         = 120 * time.Second
	reachBackupPeak    = 250_000_000
	reachRestorePeak   = 400_000_000
)

// figure is one promise and what became of it.
type figure struct {
	what     string
	measured string
	reach    string
	met      bool
}

func (r *report) reach() (all []figure) {
	if r.dump != nil {
		for _, phase := range []string{phaseFirst, phaseSecond} {
			all = append(all, r.dump.faster(phase, "kopia", reachStreamKopia), r.dump.faster(phase, "restic", reachStreamRestic))
		}
		all = append(all, r.dump.fastest(phaseRestore))
	}
	if r.tree != nil {
		all = append(all, r.tree.fastest(phaseFirst), r.tree.fastest(phaseSecond), r.tree.thrifty(), r.tree.small(), r.tree.fastest(phaseRestore))
	}
	for _, c := range r.postgres {
		all = append(all, c.reach()...)
	}
	if r.drill != nil {
		took := middle(r.drill.Took)
		all = append(all, figure{fmt.Sprintf("drill of a database of %d MB, signed proof included", r.drill.bytes/1e6), seconds(took), "≤ " + seconds(reachDrill), took <= reachDrill})
	}
	if r.flows != nil {
		all = append(all, r.flows.reach()...)
	}
	return append(all, r.memory()...)
}

// faster holds Levqor's speed against one program's.
func (c *contest) faster(phase, program string, times float64) figure {
	got := over(c.median(phase, program).wall, c.median(phase, levqor{}.name()).wall)
	return figure{fmt.Sprintf("%s, %s: speed against %s", c.name, phase, program), fmt.Sprintf("%.2f ×", got), fmt.Sprintf("≥ %.1f ×", times), got >= times}
}

// fastest holds Levqor's speed against the fastest of the others.
func (c *contest) fastest(phase string) figure {
	best, name := time.Duration(math.MaxInt64), ""
	for _, p := range c.programs[1:] {
		if took := c.median(phase, p.name()).wall; took < best {
			best, name = took, p.name()
		}
	}
	got := over(best, c.median(phase, levqor{}.name()).wall)
	return figure{fmt.Sprintf("%s, %s: speed against the fastest other, %s", c.name, phase, name), fmt.Sprintf("%.2f ×", got), "≥ 1 ×", got >= 1}
}

func (c *contest) thrifty() figure {
	got := over(c.median(phaseFirst, levqor{}.name()).cpu, c.median(phaseFirst, restic{}.name()).cpu)
	return figure{c.name + ", " + phaseFirst + ": CPU against restic", fmt.Sprintf("%.2f ×", got), fmt.Sprintf("≤ %.2f ×", reachTreeCPU), got <= reachTreeCPU}
}

func (c *contest) small() figure {
	least := int64(math.MaxInt64)
	for _, p := range c.programs[1:] {
		least = min(least, c.median(phaseFirst, p.name()).stored)
	}
	got := over(c.median(phaseFirst, levqor{}.name()).stored, least)
	return figure{c.name + ", " + phaseFirst + ": stored against the smallest other", fmt.Sprintf("%.2f ×", got), fmt.Sprintf("≤ %.2f ×", reachTreeStored), got <= reachTreeStored}
}

func (c *compared) reach() []figure {
	alone, first, second := median(c.pgDump), median(c.first), median(c.second)
	took, again := over(first.wall, alone.wall), over(second.stored, first.stored)
	return []figure{
		{"PostgreSQL, " + c.of + ", first backup: time against pg_dump -Fd -j2 -Z0", fmt.Sprintf("%.2f ×", took), fmt.Sprintf("≤ %.2f ×", reachPostgres), took <= reachPostgres},
		{"PostgreSQL, " + c.of + ", second backup: stored against the first", fmt.Sprintf("%.1f %%", 100*again), fmt.Sprintf("≤ %.0f %%", 100*reachPostgresAgain), again <= reachPostgresAgain},
	}
}

// memory is the highest peak of any of Levqor's processes.
func (r *report) memory() (all []figure) {
	var backup, restore int64
	for _, c := range []*contest{r.dump, r.tree} {
		if c != nil {
			backup = max(backup, c.median(phaseFirst, levqor{}.name()).rss, c.median(phaseSecond, levqor{}.name()).rss)
			restore = max(restore, c.median(phaseRestore, levqor{}.name()).rss)
		}
	}
	for _, c := range r.postgres {
		backup = max(backup, median(c.first).rss, median(c.second).rss)
	}
	if r.drill != nil {
		restore = max(restore, r.drill.Peak)
	}
	limit := func(what string, peak, most int64) {
		if peak > 0 {
			all = append(all, figure{what, fmt.Sprintf("%d MB", peak/1e6), fmt.Sprintf("≤ %d MB", most/1e6), peak <= most})
		}
	}
	limit("peak memory of a backup", backup, reachBackupPeak)
	limit("peak memory of a restore or drill", restore, reachRestorePeak)
	return all
}
