package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"levqor/jobs/config"
	"levqor/jobs/recovery"
	"levqor/jobs/secret"
	"levqor/jobs/services"
)

// bringBack is `levqor recover`: the newest dump of a recovery kit's place becomes
// the empty database of DATABASE_URL, in quarantine.
func bringBack(ctx context.Context, cfg config.Config, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("recover", flag.ContinueOnError)
	kitFile := flags.String("kit", "", "the recovery kit")
	at := flags.String("at", "", "which dump, as --list names them; empty: the newest")
	list := flags.Bool("list", false, "list the dumps and do nothing")
	if err := parse(flags, args); err != nil {
		return err
	}
	if *kitFile == "" {
		return errors.New("usage: levqor recover --kit FILE [--list] [--at DUMP]")
	}
	bring, err := bringOf(cfg, *kitFile, *at)
	if err != nil {
		return err
	}
	if *list {
		return listDumps(ctx, bring, out)
	}
	switch {
	case cfg.DatabaseURL == "":
		return errors.New("DATABASE_URL is missing: the address of a new, empty database")
	case cfg.MasterKey == "":
		return errors.New("the master key is missing: set LEVQOR_MASTER_KEY_FILE to the copy that was kept")
	}
	if bring.Box, err = secret.NewBox(cfg.MasterKey); err != nil {
		return err
	}
	from, err := bring.Do(ctx)
	if err != nil {
		return explained(err)
	}
	svc, err := services.New(ctx, cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer svc.Close()
	return tellRecovered(ctx, svc, from, out)
}

func bringOf(cfg config.Config, kitFile, at string) (bring recovery.Bring, err error) {
	text, err := os.ReadFile(kitFile)
	if err != nil {
		return bring, err
	}
	bring = recovery.Bring{DatabaseURL: cfg.DatabaseURL, PostgresBin: cfg.PostgresBin, Snapshot: at}
	if bring.Kit, err = recovery.ReadKit(text); err != nil {
		return bring, explained(err)
	}
	return bring, nil
}

func listDumps(ctx context.Context, bring recovery.Bring, out io.Writer) error {
	found, err := bring.List(ctx)
	if err != nil {
		return explained(err)
	}
	for _, d := range found {
		if _, err := fmt.Fprintf(out, "%s  %s  %d MB\n", d.ID, d.At.UTC().Format("2006-01-02 15:04 UTC"), d.Bytes>>20); err != nil {
			return err
		}
	}
	return nil
}

// tellRecovered says what is there and what waits.
func tellRecovered(ctx context.Context, svc *services.Services, from time.Time, out io.Writer) error {
	open, err := svc.Recovery.Open(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "Levqor is back as it was on %s, in quarantine: nothing is sent, restored or deleted until `levqor release`.\n"+
		"Open since then: %d mails, %d runs of workflows, %d restores or upkeeps that were cut.\n",
		from.UTC().Format("2006-01-02 15:04 UTC"), open.Mails, open.Runs, open.Tasks)
	return err
}

// explained is the error in words, where it is one of ours.
func explained(err error) error {
	words, loadErr := english()
	if loadErr != nil {
		return errors.Join(err, loadErr)
	}
	return explain(words, err)
}
