package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
)

// dumps compares the programs on a dump that comes as a stream.
func (s *shop) dumps(ctx context.Context, r *report) error {
	before, after := s.b.path("before.sql"), s.b.path("after.sql")
	defer os.Remove(before)
	defer os.Remove(after)
	if err := s.dumpTo(ctx, before); err != nil {
		return err
	}
	if err := s.trade(ctx, 100); err != nil {
		return err
	}
	if err := s.dumpTo(ctx, after); err != nil {
		return err
	}
	info, err := os.Stat(before)
	if err != nil {
		return err
	}
	s.b.say("dump: %d MB", info.Size()/1e6)
	now := before
	r.dumpBytes = info.Size()
	r.dump = &contest{
		b:        s.b,
		name:     "dump",
		of:       aDump,
		programs: []program{levqor{s.b.self}, stockKopia{bin: s.b.stock}, restic{}},
		begin:    func(context.Context, int) error { now = before; return nil },
		change:   func(context.Context, int) error { now = after; return nil },
		store:    func(p program, home, tag string) command { return p.stream(home, tag, now) },
		same:     func(into string) error { return sameFile(after, filepath.Join(into, dumpName)) },
	}
	return r.dump.run(ctx)
}

func (s *shop) dumpTo(ctx context.Context, file string) error {
	_, err := s.program(ctx, "pg_dump", slices.Concat(s.dumpKey, []string{"-f", file, databaseName})...)
	return err
}
