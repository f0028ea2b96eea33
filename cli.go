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
	"levqor/jobs/drill"
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
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	if cfg.DatabaseURL == "" {
		url, err := devDatabaseURL(cfg)
		if err != nil {
			return err
		}
		cfg.DatabaseURL = url
	}
	if cfg.MasterKey == "" {
		text, err := os.ReadFile(cfg.MasterKeyFile())
		if err != nil {
			return errors.New("the master key is missing: set LEVQOR_MASTER_KEY_FILE")
		}
		cfg.MasterKey = string(text)
	}
	svc, err := services.New(ctx, cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer svc.Close()
	token, err := svc.Accounts.CreateTokenFor(ctx, *workspace, *name, strings.Split(*scopes, ","))
	if err != nil {
		return explain(err)
	}
	_, err = fmt.Fprintln(out, token)
	return err
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

// verifyProof checks a proof's signature and says what it proves. It needs no
// network and no account.
func verifyProof(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("verify-proof", flag.ContinueOnError)
	key := flags.String("key", "", "the public key that must have signed it; empty: the one in the file")
	var files []string
	for rest := args; len(rest) > 0; rest = flags.Args()[min(1, flags.NArg()):] {
		if err := flags.Parse(rest); err != nil {
			return err
		}
		if flags.NArg() > 0 {
			files = append(files, flags.Arg(0))
		}
	}
	if len(files) != 1 {
		return errors.New("usage: levqor verify-proof FILE [--key PUBLIC_KEY]")
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		return err
	}
	return drill.WriteVerdict(out, text, *key)
}
