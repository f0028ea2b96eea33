package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/google/uuid"

	"levqor/jobs/account"
	"levqor/jobs/config"
	"levqor/jobs/recovery"
	"levqor/jobs/services"
)

// ownBackup is `levqor recovery`: where Levqor's own database is backed up.
func ownBackup(ctx context.Context, cfg config.Config, args []string, out io.Writer) error {
	if len(args) == 0 {
		return errors.New("usage: levqor recovery to --folder FOLDER | kit | now | status")
	}
	var place recovery.Place
	switch args[0] {
	case "to":
		var err error
		if place, err = placeOf(args[1:]); err != nil {
			return err
		}
	case "kit", "now", "status":
		if err := parse(flag.NewFlagSet("recovery "+args[0], flag.ContinueOnError), args[1:]); err != nil {
			return err
		}
	default:
		return fmt.Errorf("recovery: what is %q?", args[0])
	}
	svc, err := openServices(ctx, cfg)
	if err != nil {
		return err
	}
	defer svc.Close()
	if err := recoveryCommand(ctx, svc, args[0], place, out); err != nil {
		return explained(err)
	}
	return nil
}

func placeOf(args []string) (p recovery.Place, err error) {
	flags := flag.NewFlagSet("recovery to", flag.ContinueOnError)
	flags.StringVar(&p.Path, "folder", "", "a folder, best on another machine's disk")
	flags.StringVar(&p.Endpoint, "endpoint", "", "address of the S3 service; empty: Amazon's")
	flags.StringVar(&p.Bucket, "bucket", "", "bucket")
	flags.StringVar(&p.Prefix, "prefix", "", "beginning of every key")
	flags.StringVar(&p.Region, "region", "", "region")
	flags.StringVar(&p.AccessKey, "access-key", "", "access key; its secret is read from LEVQOR_RECOVERY_SECRET_KEY")
	if err := parse(flags, args); err != nil {
		return p, err
	}
	if p.Path != "" {
		if p.Path, err = filepath.Abs(p.Path); err != nil {
			return p, err
		}
	}
	p.SecretKey = os.Getenv("LEVQOR_RECOVERY_SECRET_KEY")
	if (p.Path == "") == (p.Bucket == "") {
		return p, errors.New("usage: levqor recovery to --folder FOLDER, or --bucket BUCKET --access-key KEY [--endpoint ADDRESS] [--prefix P] [--region R]")
	}
	return p, nil
}

func recoveryCommand(ctx context.Context, svc *services.Services, command string, place recovery.Place, out io.Writer) error {
	actor := commandLine()
	switch command {
	case "to":
		if err := svc.Recovery.Choose(ctx, actor, place); err != nil {
			return err
		}
		if err := svc.Recovery.Dump(ctx); err != nil {
			return err
		}
	case "now":
		if err := svc.Recovery.Dump(ctx); err != nil {
			return err
		}
		return tellDumps(ctx, svc, out)
	case "status":
		return tellDumps(ctx, svc, out)
	}
	kit, err := svc.Recovery.Kit(ctx, actor)
	if err != nil {
		return err
	}
	_, err = out.Write(kit)
	return err
}

func tellDumps(ctx context.Context, svc *services.Services, out io.Writer) error {
	s, err := svc.Recovery.State(ctx)
	if err != nil {
		return err
	}
	text := "Levqor's own database is backed up nowhere. Choose a place: levqor recovery to --folder FOLDER"
	switch {
	case s.Place != "" && s.DumpedAt == nil:
		text = "Backed up to " + s.Place + ": no dump yet."
	case s.Place != "":
		text = fmt.Sprintf("Backed up to %s: newest dump of %s, %d MB.", s.Place, s.DumpedAt.UTC().Format("2006-01-02 15:04 UTC"), s.Bytes>>20)
	}
	if s.Failure != "" {
		text += "\nThe last one failed: " + s.Failure
	}
	if s.Quarantine() {
		text += "\nIn quarantine: nothing is sent, restored or deleted until `levqor release`."
	}
	_, err = fmt.Fprintln(out, text)
	return err
}

// commandLine acts for whoever runs the server.
func commandLine() account.Actor {
	actor := account.System(uuid.Nil)
	actor.Name = "command line"
	return actor
}
