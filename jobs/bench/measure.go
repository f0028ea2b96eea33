package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// command is a process to run.
type command struct {
	args  []string
	dir   string
	env   []string // beside PATH and the like
	stdin string   // a file; empty is none
}

// cost is what one process took.
type cost struct {
	wall   time.Duration
	cpu    time.Duration // user and system, children included
	rss    int64         // its peak
	stored int64         // what its repository grew by
}

// measure runs a command with all that was written before on disk already.
func (b *bench) measure(ctx context.Context, c command) (cost, error) {
	peak := b.path("peak")
	// A child of ours would begin with our own peak; one of time's has its own.
	timed := c
	timed.args = append([]string{"time", "-q", "-f", "%M", "-o", peak}, c.args...)
	unix.Sync()
	start := time.Now()
	state, _, err := timed.run(ctx)
	took := time.Since(start)
	if err != nil {
		return cost{}, err
	}
	text, err := os.ReadFile(peak)
	if err != nil {
		return cost{}, err
	}
	kilobytes, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return cost{wall: took, cpu: state.UserTime() + state.SystemTime(), rss: kilobytes << 10}, err
}

// run runs a command and returns what it said.
func (c command) run(ctx context.Context) (*os.ProcessState, string, error) {
	cmd := exec.CommandContext(ctx, c.args[0], c.args[1:]...)
	var out, failed bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = c.dir, &out, &failed
	cmd.Env = append(os.Environ(), c.env...)
	if c.stdin != "" {
		in, err := os.Open(c.stdin)
		if err != nil {
			return nil, "", err
		}
		defer in.Close()
		cmd.Stdin = in
	}
	if err := cmd.Run(); err != nil {
		return nil, "", fmt.Errorf("%s: %w\n%s%s", strings.Join(c.args, " "), err, out.String(), failed.String())
	}
	return cmd.ProcessState, out.String(), nil
}

// size is that of every file below dir.
func size(dir string) (bytes int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			bytes += info.Size()
		}
		return err
	})
	return bytes, err
}

// median of runs, field by field; the peak is the highest, which is what it is for.
func median(runs []cost) cost {
	var m cost
	walls, cpus, stored := []time.Duration{}, []time.Duration{}, []int64{}
	for _, r := range runs {
		walls, cpus, stored = append(walls, r.wall), append(cpus, r.cpu), append(stored, r.stored)
		m.rss = max(m.rss, r.rss)
	}
	m.wall, m.cpu, m.stored = middle(walls), middle(cpus), middle(stored)
	return m
}

func middle[N ~int64](all []N) N {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	if n := len(all); n%2 == 0 {
		return (all[n/2-1] + all[n/2]) / 2
	}
	return all[len(all)/2]
}
