// Command with runs another command with a throw-away Postgres server in
// LEVQOR_TEST_DATABASE_URL, so that all test processes share one, and with a
// folder of its own for temporary files.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"

	"levqor/jobs/db/dbtest"
	"levqor/jobs/db/embedded"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			os.Exit(exit.ExitCode())
		}
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, command []string) (err error) {
	if len(command) == 0 {
		return errors.New("usage: with COMMAND…")
	}
	bin, err := embedded.Find(ctx, os.Getenv("LEVQOR_PG_BIN"))
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "lv-") // short: sockets lie below
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil {
		return err
	}
	server, err := embedded.Start(ctx, embedded.Options{Dir: dir, Bin: bin, Fast: true, Params: map[string]string{"max_connections": "400"}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop(context.WithoutCancel(ctx))) }()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	temp := filepath.Join(dir, "t") // what killed tests and their servers leave goes with the folder
	if err := os.Mkdir(temp, 0o755); err != nil {
		return err
	}
	cmd.Env = append(os.Environ(), dbtest.ServerEnv+"="+server.URL("postgres"), "TMPDIR="+temp)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	return cmd.Run()
}
