package main

import (
	"context"
	"os"
	"time"
)

// compared is Levqor's backup of a server beside pg_dump alone. Their CPU
// includes that of the server.
type compared struct {
	of     string
	pgDump []cost
	first  []cost
	second []cost
}

// compare measures the Postgres engine, into a vault, and pg_dump into a folder.
func (s *shop) compare(ctx context.Context, r *report, of string) error {
	_, env, err := s.access()
	if err != nil {
		return err
	}
	into := &compared{of: of}
	r.postgres = append(r.postgres, into)
	for round := range s.b.rounds {
		s.b.say("postgres, %s: round %d of %d", of, round+1, s.b.rounds)
		if err := s.compareRound(ctx, round, env, into); err != nil {
			return err
		}
	}
	return nil
}

func (s *shop) compareRound(ctx context.Context, round int, env []string, into *compared) error {
	plain, home := s.b.path("plain"), s.b.path("home")
	defer os.RemoveAll(plain)
	defer os.RemoveAll(home)
	took, err := s.measure(ctx, s.client("pg_dump", "-Fd", "-j2", "-Z0", "-f", plain, databaseName), plain)
	if err != nil {
		return err
	}
	into.pgDump = append(into.pgDump, took)
	if err := os.MkdirAll(home, 0o755); err != nil {
		return err
	}
	l := levqor{s.b.self}
	for _, step := range l.create(home) {
		if _, _, err := step.run(ctx); err != nil {
			return err
		}
	}
	backup := l.command("database", home)
	backup.env = env
	if took, err = s.measure(ctx, backup, repoOf(home)); err != nil {
		return err
	}
	into.first = append(into.first, took)
	if err := s.trade(ctx, round); err != nil {
		return err
	}
	if took, err = s.measure(ctx, backup, repoOf(home)); err != nil {
		return err
	}
	into.second = append(into.second, took)
	return nil
}

// settleTime is how long the server's processes may take to end.
const settleTime = 300 * time.Millisecond

// measure adds the server's part, and what dir grew by.
func (s *shop) measure(ctx context.Context, c command, dir string) (took cost, err error) {
	before, err := size(dir)
	if err != nil && !os.IsNotExist(err) {
		return took, err
	}
	time.Sleep(settleTime)
	serverBefore, err := s.cpu()
	if err != nil {
		return took, err
	}
	if took, err = s.b.measure(ctx, c); err != nil {
		return took, err
	}
	time.Sleep(settleTime)
	server, err := s.cpu()
	if err != nil {
		return took, err
	}
	after, err := size(dir)
	took.cpu, took.stored = took.cpu+server-serverBefore, after-before
	s.b.say("  %-14s %s, the server's part %s", c.args[1], took, seconds(server-serverBefore))
	return took, err
}
