package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"

	"levqor/jobs/config"
)

// release is `levqor release`: it ends the quarantine after a recovery.
func release(ctx context.Context, cfg config.Config, args []string, out io.Writer) error {
	if err := parse(flag.NewFlagSet("release", flag.ContinueOnError), args); err != nil {
		return err
	}
	svc, err := openServices(ctx, cfg)
	if err != nil {
		return err
	}
	defer svc.Close()
	if err := svc.Release(ctx, commandLine()); err != nil {
		return explained(err)
	}
	_, err = fmt.Fprintln(out, "Released: schedules, mails, restores and retention go on.")
	return err
}

// signInLink is `levqor sign-in`: a link for when no mail arrives, as in quarantine.
func signInLink(ctx context.Context, cfg config.Config, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("sign-in", flag.ContinueOnError)
	email := flags.String("email", "", "address of a person who has an account")
	if err := parse(flags, args); err != nil {
		return err
	}
	if *email == "" {
		return errors.New("usage: levqor sign-in --email ADDRESS")
	}
	svc, err := openServices(ctx, cfg)
	if err != nil {
		return err
	}
	defer svc.Close()
	path, err := svc.Accounts.LinkFor(ctx, *email)
	if err != nil {
		return explained(err)
	}
	_, err = fmt.Fprintln(out, cfg.BaseURL+path)
	return err
}
