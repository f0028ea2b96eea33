// Command bench measures Levqor's backups, restores and proofs on this machine
// against stock kopia, restic and borg and against pg_dump, and its workflows
// against what bare SQL can do, all in one run and in turns, and writes the medians
// to bench.md. It is what `make bench` runs.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	if len(os.Args) > 1 && os.Args[1] == childArg {
		err = child(ctx, os.Args[2:])
	} else {
		err = run(ctx, os.Args[1:])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// Sections of the table, in the order they run.
const (
	sectionPostgres = "postgres"
	sectionDrill    = "drill"
	sectionDump     = "dump"
	sectionTree     = "tree"
	sectionFlows    = "workflows"
)

// bench is one run.
type bench struct {
	dir    string // of everything it writes
	log    *log.Logger
	only   []string // sections; empty is all
	quick  bool
	rounds int
	self   string // this program, for Levqor's own processes
	stock  string // stock kopia
}

func run(ctx context.Context, args []string) (err error) {
	b := &bench{log: log.New(os.Stderr, "", log.Ltime)}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.BoolVar(&b.quick, "quick", false, "a twentieth of the data, two rounds: shows that all works, its figures mean nothing")
	flags.IntVar(&b.rounds, "rounds", 0, "rounds whose medians count (default 5, with -quick 2)")
	out := flags.String("out", "", "file to write (default bench.md, with -quick none)")
	only := flags.String("only", "", "comma-separated sections: postgres, drill, dump, tree, workflows (default all)")
	profiles := flags.String("profile", "", "folder for CPU profiles of Levqor's processes")
	at := flags.String("dir", os.TempDir(), "where data and repositories are made; up to 12 GB are needed")
	if err := flags.Parse(args); err != nil {
		return err
	}
	b.settle(*only, out)
	if *profiles != "" {
		if err := os.Setenv(profileEnv, *profiles); err != nil {
			return err
		}
	}
	if b.self, err = os.Executable(); err != nil {
		return err
	}
	if b.stock, err = buildStock(ctx, b.say); err != nil {
		return err
	}
	if b.dir, err = os.MkdirTemp(*at, "levqor-bench-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	if err := os.Chmod(b.dir, 0o755); err != nil { // the database server is another user
		return err
	}
	text, err := b.all(ctx)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(os.Stdout, text); err != nil || *out == "" {
		return err
	}
	return os.WriteFile(*out, []byte(text), 0o600)
}

func (b *bench) settle(only string, out *string) {
	if only != "" {
		b.only = strings.Split(only, ",")
	}
	if b.rounds == 0 {
		b.rounds = 5
		if b.quick {
			b.rounds = 2
		}
	}
	if *out == "" && !b.quick && only == "" {
		*out = "bench.md"
	}
}

// all runs the sections and returns the text of bench.md.
func (b *bench) all(ctx context.Context) (string, error) {
	r := &report{started: time.Now(), rounds: b.rounds, quick: b.quick}
	if err := r.look(ctx, b); err != nil {
		return "", err
	}
	if b.wants(sectionPostgres, sectionDrill, sectionDump) {
		if err := b.databases(ctx, r); err != nil {
			return "", err
		}
	}
	if b.wants(sectionTree) {
		if err := b.trees(ctx, r); err != nil {
			return "", fmt.Errorf("tree: %w", err)
		}
	}
	if b.wants(sectionFlows) {
		if err := b.flows(ctx, r); err != nil {
			return "", fmt.Errorf("workflows: %w", err)
		}
	}
	return r.text(), nil
}

func (b *bench) wants(sections ...string) bool {
	for _, s := range sections {
		if len(b.only) == 0 || strings.Contains(","+strings.Join(b.only, ",")+",", ","+s+",") {
			return true
		}
	}
	return false
}

func (b *bench) say(format string, args ...any) { b.log.Printf(format, args...) }

func (b *bench) path(parts ...string) string {
	return filepath.Join(append([]string{b.dir}, parts...)...)
}

// scaled is n, or a twentieth of it.
func (b *bench) scaled(n int) int {
	if b.quick {
		return n / 20
	}
	return n
}
