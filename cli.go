package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"levqor/jobs/config"
	"levqor/jobs/secret"
	"levqor/jobs/services"
)

// createToken prints a new API token, and nothing else. Beside a running
// `levqor dev` it uses the database that dev started.
func createToken(ctx context.Context, cfg config.Config, args []string, out io.Writer) error {
	if len(args) == 0 || args[0] != "create" {
		return errors.New("usage: levqor token create --workspace NAME --scopes read,operate,manage,admin [--name NAME]")
	}
	flags := flag.NewFlagSet("token create", flag.ContinueOnError)
	workspace := flags.String("workspace", "", "name of the workspace")
	scopes := flags.String("scopes", "", "what the token may do: read, operate, manage, admin")
	name := flags.String("name", "command line", "what the token is for")
	if err := parse(flags, args[1:]); err != nil {
		return err
	}
	svc, err := openServices(ctx, cfg)
	if err != nil {
		return err
	}
	defer svc.Close()
	token, err := svc.Accounts.CreateTokenFor(ctx, *workspace, *name, strings.Split(*scopes, ","))
	if err != nil {
		return explained(err)
	}
	_, err = fmt.Fprintln(out, token)
	return err
}

// openServices opens the installation for one command: beside a `levqor dev`, by
// the database and the key that dev left there.
func openServices(ctx context.Context, cfg config.Config) (*services.Services, error) {
	if cfg.DatabaseURL == "" {
		url, err := devDatabaseURL(cfg)
		if err != nil {
			return nil, err
		}
		cfg.DatabaseURL = url
	}
	if cfg.MasterKey == "" {
		text, err := os.ReadFile(cfg.MasterKeyFile())
		if err != nil {
			return nil, errors.New("the master key is missing: set LEVQOR_MASTER_KEY_FILE")
		}
		cfg.MasterKey = string(text)
	}
	return services.New(ctx, cfg, slog.New(slog.DiscardHandler))
}

// parse reads flags alone. What is wrong is said once, by main.
func parse(flags *flag.FlagSet, args []string) error {
	flags.SetOutput(io.Discard)
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return errors.New("usage:\n\n" + strings.TrimSpace(usage))
	case err != nil:
		return fmt.Errorf("%s: %w", flags.Name(), err)
	case flags.NArg() > 0:
		return fmt.Errorf("%s: what is %q?", flags.Name(), flags.Arg(0))
	}
	return nil
}

func createKey(args []string, out io.Writer) error {
	if len(args) != 1 || args[0] != "create" {
		return errors.New("usage: levqor key create")
	}
	key, err := secret.NewKeyset()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, key)
	return err
}
