// Levqor backs up a company's data, proves that every backup restores, and keeps
// each one exactly as long as it must be kept.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	_ "time/tzdata" // schedules name zones that the machine may not know

	"levqor/jobs/config"
	"levqor/migrations"
)

const usage = `Levqor backs up databases, buckets and folders, and proves that every backup restores.

  levqor dev                                   everything on this machine, no configuration
  levqor web                                   the web process
  levqor worker [--queues backups=2,mail=4]    a worker process
  levqor migrate                               bring the database to this version's schema
  levqor token create --workspace NAME --scopes read,operate,manage,admin [--name NAME]
                                               make an API token; prints only the token
  levqor key create                            make a master key; prints only the key
  levqor prune --dry-run                       say which old rows would go, and why the others stay; changes nothing
  levqor recovery to --folder FOLDER           back up Levqor's own database there, hourly; --bucket and its options
                                               name a bucket; prints the recovery kit
  levqor recovery kit | now | status           print the kit; dump at once; say how it stands
  levqor recover --kit FILE [--list] [--at DUMP]
                                               bring the database back into the empty DATABASE_URL, in quarantine
  levqor release                               end the quarantine
  levqor sign-in --email ADDRESS               print a sign-in link of a person who has an account
  levqor verify-proof FILE [--key KEY]         check a proof of restore, offline; KEY is a fingerprint or public key

The environment variables are listed in README.md.
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, complaint(err))
		os.Exit(1)
	}
}

// complaint is the error as one line, also where a driver lists what it tried.
func complaint(err error) string { return "levqor: " + strings.ReplaceAll(err.Error(), "\n\t", " ") }

func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 {
		return errors.New("which command?\n\n" + strings.TrimSpace(usage))
	}
	command, rest := args[0], args[1:]
	switch command {
	case "help", "-h", "--help":
		_, err := io.WriteString(out, usage)
		return err
	case "key":
		return createKey(rest, out)
	case "verify-proof":
		return verifyProof(rest, out)
	case "dev", "migrate", "prune", "recover", "recovery", "release", "sign-in", "token", "web", "worker":
		return runConfigured(ctx, command, rest, out)
	default:
		return fmt.Errorf("there is no command %q\n\n%s", command, usage)
	}
}

// runConfigured runs what needs the environment.
func runConfigured(ctx context.Context, command string, rest []string, out io.Writer) error {
	cfg, err := config.Read(os.Getenv)
	if err != nil {
		return err
	}
	switch command {
	case "dev":
		return dev(ctx, cfg, out)
	case "migrate":
		if cfg.DatabaseURL == "" {
			return errors.New("DATABASE_URL is missing: the address of Levqor's own Postgres")
		}
		return migrations.Apply(ctx, cfg.DatabaseURL)
	case "prune":
		return dryPrune(ctx, cfg, rest, out)
	case "recover":
		return bringBack(ctx, cfg, rest, out)
	case "recovery":
		return ownBackup(ctx, cfg, rest, out)
	case "release":
		return release(ctx, cfg, rest, out)
	case "sign-in":
		return signInLink(ctx, cfg, rest, out)
	case "token":
		return createToken(ctx, cfg, rest, out)
	case "worker":
		return worker(ctx, cfg, rest)
	default:
		return web(ctx, cfg)
	}
}

// newLog writes JSON lines to standard error; in dev only what needs attention.
func newLog(dev bool) *slog.Logger {
	level := slog.LevelInfo
	if dev {
		level = slog.LevelWarn
	}
	return slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
}
