package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// report is what bench.md says.
type report struct {
	started time.Time
	rounds  int
	quick   bool
	where   string
	with    []string // versions

	dump      *contest
	dumpBytes int64
	drill     *drilled
	postgres  []*compared
	tree      *contest
	treeBytes int64
	treeFiles int
	flows     *flows
}

// look notes the machine and the versions.
func (r *report) look(ctx context.Context, b *bench) error {
	for _, p := range []program{levqor{b.self}, stockKopia{bin: b.stock}, restic{}, borg{}} {
		_, said, err := p.version().run(ctx)
		if err != nil {
			return fmt.Errorf("%s is missing: %w", p.name(), err)
		}
		said, _, _ = strings.Cut(strings.TrimSpace(strings.TrimPrefix(said, p.name()+" ")), " ")
		r.with = append(r.with, p.name()+" "+said)
	}
	var memory unix.Sysinfo_t
	if err := unix.Sysinfo(&memory); err != nil {
		return err
	}
	r.where = fmt.Sprintf("%s, %d cores, %d GB of memory", processor(), runtime.NumCPU(), memory.Totalram>>30)
	r.with = append(r.with, runtime.Version())
	return nil
}

func processor() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	_, name, _ := strings.Cut(string(text), "model name")
	name, _, _ = strings.Cut(name, "\n")
	return strings.TrimSpace(strings.TrimLeft(name, "\t :"))
}

func (r *report) text() string {
	var b strings.Builder
	b.WriteString("# Bench\n\n")
	if r.quick {
		b.WriteString("**Small data (`-quick`): all of it works; the figures mean nothing.**\n\n")
	}
	fmt.Fprintf(&b, "Made by `make bench` on %s, in %s: %s. %s.\n\n", r.started.UTC().Format("2 January 2006"),
		time.Since(r.started).Round(time.Second), r.where, strings.Join(r.with, ", "))
	fmt.Fprintf(&b, "Everything was measured in one run, the programs taking turns; figures are medians of %d rounds, peaks of memory the highest. "+
		"Repositories, data and restored files lie on one file system, read from the page cache; before each measurement everything written is on disk. "+
		"CPU is user and system of the whole process. Restored bytes, modes and times were compared with the originals each time.\n\n", r.rounds)
	b.WriteString("## Reach\n\n| what | measured | reach | |\n|---|---|---|---|\n")
	for _, row := range r.reach() {
		met := "met"
		if !row.met {
			met = "**not met**"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", row.what, row.measured, row.reach, met)
	}
	if r.dump != nil {
		fmt.Fprintf(&b, "\n## A dump as a stream (%d MB of pg_dump text)\n\nThe second one is from after %d pgbench transactions.\n", r.dumpBytes/1e6, r.dump.b.scaled(transactions))
		r.dump.table(&b)
	}
	if r.tree != nil {
		fmt.Fprintf(&b, "\n## A tree (%d files, %d MB)\n\nBefore the second backup one file of a hundred was written to. Levqor also hashes every file for its proofs.\n", r.treeFiles, r.treeBytes/1e6)
		r.tree.table(&b)
	}
	for _, c := range r.postgres {
		c.table(&b)
	}
	if r.drill != nil {
		fmt.Fprintf(&b, "\n## A drill (%d MB of database)\n\nFrom the order to the signed and verified proof: %s (the restore alone %s), %d checks, peak %d MB.\n",
			r.drill.bytes/1e6, seconds(middle(r.drill.Took)), seconds(middle(r.drill.Restore)), r.drill.Checks, r.drill.Peak/1e6)
	}
	if r.flows != nil {
		r.flows.table(&b)
	}
	b.WriteString("\nkopia compresses with zstd-fastest as Levqor does (its own default compresses nothing) and runs no maintenance meanwhile; restic and borg run as they come, borg with repokey-blake2.\n")
	return b.String()
}

// table shows the phases of a contest.
func (c *contest) table(b *strings.Builder) {
	for _, phase := range phases {
		fmt.Fprintf(b, "\n| %s | time | × Levqor | CPU | × Levqor | peak memory | stored |\n|---|--:|--:|--:|--:|--:|--:|\n", phase)
		ours := c.median(phase, levqor{}.name())
		for _, p := range c.programs {
			m := c.median(phase, p.name())
			stored := ""
			if phase != phaseRestore {
				stored = megabytes(m.stored)
			}
			fmt.Fprintf(b, "| %s | %s | %.2f | %s | %.2f | %d MB | %s |\n", p.name(), seconds(m.wall), over(m.wall, ours.wall),
				seconds(m.cpu), over(m.cpu, ours.cpu), m.rss/1e6, stored)
		}
	}
}

func (c *compared) table(b *strings.Builder) {
	fmt.Fprintf(b, "\n## PostgreSQL, end to end: %s\n\n| | time | × pg_dump | CPU with the server | peak memory | stored |\n|---|--:|--:|--:|--:|--:|\n", c.of)
	alone := median(c.pgDump)
	fmt.Fprintf(b, "| pg_dump -Fd -j2 -Z0 | %s | 1.00 | %s | %d MB | %s |\n", seconds(alone.wall), seconds(alone.cpu), alone.rss/1e6, megabytes(alone.stored))
	for _, run := range []struct {
		name  string
		costs []cost
	}{{"Levqor, first", c.first}, {"Levqor, second", c.second}} {
		m := median(run.costs)
		fmt.Fprintf(b, "| %s | %s | %.2f | %s | %d MB | %s |\n", run.name, seconds(m.wall), over(m.wall, alone.wall), seconds(m.cpu), m.rss/1e6, megabytes(m.stored))
	}
}

func over[N ~int64](a, b N) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }

func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }

func (c cost) String() string {
	return fmt.Sprintf("%s, CPU %s, peak %d MB, stored %s", seconds(c.wall), seconds(c.cpu), c.rss/1e6, megabytes(c.stored))
}
