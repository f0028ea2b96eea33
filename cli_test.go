package main

import (
	"bytes"
	"encoding/base64"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"levqor/jobs/config"
	"levqor/jobs/db/dbtest"
	"levqor/jobs/secret"
	"levqor/jobs/services"
)

// variables that a command reads: a test begins with none of them.
var variables = []string{"DATABASE_URL", "LEVQOR_ADMIN_EMAIL", "LEVQOR_ALLOW_PRIVATE", "LEVQOR_BASE_URL", "LEVQOR_DATA", "LEVQOR_FOLDER_ROOTS", "LEVQOR_LISTEN", "LEVQOR_MAIL_FROM",
	"LEVQOR_MASTER_KEY", "LEVQOR_MASTER_KEY_FILE", "LEVQOR_PG_BIN", "LEVQOR_PSEUDO_LOCALES", "LEVQOR_TEST_CLOCK", "LEVQOR_TRUSTED_PROXIES", "RESEND_API_KEY", "RESEND_BASE_URL"}

func setEnv(t *testing.T, pairs ...string) {
	t.Helper()
	for _, name := range variables {
		t.Setenv(name, "")
	}
	t.Setenv("TMPDIR", os.TempDir()) // commands that do heavy work move it
	t.Setenv("LEVQOR_DATA", t.TempDir())
	for i := 0; i+1 < len(pairs); i += 2 {
		t.Setenv(pairs[i], pairs[i+1])
	}
}

func levqor(t *testing.T, args ...string) (out string, err error) {
	t.Helper()
	var buffer bytes.Buffer
	err = run(t.Context(), args, &buffer)
	return buffer.String(), err
}

func newKeyset(t *testing.T) string {
	t.Helper()
	key, err := secret.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestComplaints(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	const nowhere = "postgres://u:hunter2@127.0.0.1:1/x"
	for _, c := range []struct {
		promise string
		env     []string
		args    []string
		says    string // the first line begins so
	}{
		{"no command", nil, nil, "levqor: which command?"},
		{"an unknown command", nil, []string{"fly"}, `levqor: there is no command "fly"`},
		{"an unknown command is the first thing said", []string{"LEVQOR_BASE_URL", "x"}, []string{"fly"}, `levqor: there is no command "fly"`},
		{"web without a database", nil, []string{"web"}, "levqor: DATABASE_URL is missing"},
		{"worker without a database", nil, []string{"worker"}, "levqor: DATABASE_URL is missing"},
		{"migrate without a database", nil, []string{"migrate"}, "levqor: DATABASE_URL is missing"},
		{"migrate with an address that is none", []string{"DATABASE_URL", "hello"}, []string{"migrate"}, "levqor: DATABASE_URL is not a valid Postgres address"},
		{"migrate with a database that is away", []string{"DATABASE_URL", nowhere}, []string{"migrate"}, "levqor: DATABASE_URL: failed to connect"},
		{"web without a key", []string{"DATABASE_URL", nowhere}, []string{"web"}, "levqor: the master key is missing"},
		{"web without an address", []string{"DATABASE_URL", nowhere, "LEVQOR_MASTER_KEY", "x"}, []string{"web"}, "levqor: LEVQOR_BASE_URL is missing"},
		{"web with a key that is none", []string{"DATABASE_URL", nowhere, "LEVQOR_MASTER_KEY", "x", "LEVQOR_BASE_URL", "https://a.example"}, []string{"web"}, "levqor: the master key is not a tink keyset"},
		{"web with the test clock", []string{"DATABASE_URL", nowhere, "LEVQOR_MASTER_KEY", "x", "LEVQOR_BASE_URL", "https://a.example", "LEVQOR_TEST_CLOCK", "1"}, []string{"web"}, "levqor: LEVQOR_TEST_CLOCK works in `levqor dev` alone"},
		{"a base address that is none", []string{"LEVQOR_BASE_URL", "backup.example.com"}, []string{"web"}, `levqor: LEVQOR_BASE_URL: "backup.example.com" is not an address`},
		{"a relative root", []string{"LEVQOR_FOLDER_ROOTS", "/srv,data"}, []string{"web"}, `levqor: LEVQOR_FOLDER_ROOTS: "data" is not an absolute path`},
		{"a key file that is not there", []string{"LEVQOR_MASTER_KEY_FILE", file + "x"}, []string{"web"}, "levqor: LEVQOR_MASTER_KEY_FILE: open"},
		{"a switch that is neither on nor off", []string{"LEVQOR_ALLOW_PRIVATE", "yes"}, []string{"web"}, `levqor: LEVQOR_ALLOW_PRIVATE: "yes" is neither 1 nor 0`},
		{"a proxy that is none", []string{"LEVQOR_TRUSTED_PROXIES", "10.0.0.0/8, proxy"}, []string{"web"}, `levqor: LEVQOR_TRUSTED_PROXIES: "proxy" is neither`},
		{"an address to listen on that is none", []string{"LEVQOR_LISTEN", "here"}, []string{"dev"}, "levqor: can't listen on here (set LEVQOR_LISTEN to another address)"},
		{"a data folder that is a file", []string{"LEVQOR_LISTEN", "127.0.0.1:0", "LEVQOR_DATA", file}, []string{"dev"}, "levqor: LEVQOR_DATA: "},
		{"a queue that is none", nil, []string{"worker", "--queues", "fast=2"}, `levqor: --queues: there is no queue "fast"`},
		{"too many at once", nil, []string{"worker", "--queues", "mail=0"}, `levqor: --queues: "0" is not a number from 1 to 1000`},
		{"a stray word", nil, []string{"worker", "fast"}, `levqor: worker: what is "fast"?`},
		{"a flag that is none", nil, []string{"token", "create", "--colour", "red"}, "levqor: token create: flag provided but not defined: -colour"},
		{"token without create", nil, []string{"token"}, "levqor: usage: levqor token create"},
		{"token without any database", nil, []string{"token", "create", "--workspace", "A", "--scopes", "read"}, "levqor: DATABASE_URL is missing, and no `levqor dev` has run"},
		{"token with a database that is away", []string{"DATABASE_URL", nowhere, "LEVQOR_MASTER_KEY", newKeyset(t)}, []string{"token", "create", "--workspace", "A", "--scopes", "read"}, "levqor: DATABASE_URL: failed to connect"},
		{"key without create", nil, []string{"key"}, "levqor: usage: levqor key create"},
		{"verify-proof without a file", nil, []string{"verify-proof"}, "levqor: usage: levqor verify-proof FILE"},
		{"verify-proof of nothing", nil, []string{"verify-proof", file + "x"}, "levqor: open "},
		{"verify-proof of what is no proof", nil, []string{"verify-proof", file}, "levqor: "},
	} {
		t.Run(c.promise, func(t *testing.T) {
			setEnv(t, c.env...)
			out, err := levqor(t, c.args...)
			if err == nil || out != "" {
				t.Fatalf("%v, printed %q", err, out)
			}
			said := complaint(err)
			first, rest, _ := strings.Cut(said, "\n")
			if !strings.HasPrefix(first, c.says) || strings.Contains(said, "hunter2") || rest != "" && !strings.Contains(rest, "levqor verify-proof FILE") {
				t.Errorf("says %q, want %q", said, c.says)
			}
		})
	}
}

func TestKeyCreate(t *testing.T) {
	setEnv(t)
	key, err := levqor(t, "key", "create")
	if err != nil {
		t.Fatal(err)
	}
	for _, form := range []string{key, base64.StdEncoding.EncodeToString([]byte(key))} {
		if _, err := secret.NewBox(form); err != nil {
			t.Error(err)
		}
	}
}

func TestTokenCreate(t *testing.T) {
	key := newKeyset(t)
	url := dbtest.NewURL(t)
	svc, err := services.New(t.Context(), config.Config{Dev: true, DatabaseURL: url, MasterKey: key, DataDir: t.TempDir()}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(svc.Close)
	if _, err := svc.EnsureFirst(t.Context(), "you@localhost", nil); err != nil {
		t.Fatal(err)
	}
	setEnv(t, "DATABASE_URL", url, "LEVQOR_MASTER_KEY", key)

	t.Run("prints the token and nothing else", func(t *testing.T) {
		out, err := levqor(t, "token", "create", "--workspace", "My company", "--scopes", "read, operate", "--name", "cron")
		if err != nil || !regexp.MustCompile(`^lvq_[0-9A-Za-z]{49}\n$`).MatchString(out) {
			t.Fatalf("%q, %v", out, err)
		}
		actor, err := svc.Accounts.TokenActor(t.Context(), strings.TrimSpace(out))
		if err != nil || actor.Name != "cron" || len(actor.Scopes) != 2 {
			t.Errorf("%+v, %v", actor, err)
		}
	})
	t.Run("finds the database and key that dev left beside it", func(t *testing.T) {
		dir := t.TempDir()
		setEnv(t, "LEVQOR_DATA", dir)
		beside := config.Config{DataDir: dir}
		for name, text := range map[string]string{beside.DatabaseURLFile(): url, beside.MasterKeyFile(): key} {
			if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if out, err := levqor(t, "token", "create", "--workspace", "My company", "--scopes", "admin"); err != nil || !strings.HasPrefix(out, "lvq_") {
			t.Errorf("%q, %v", out, err)
		}
	})
	for says, args := range map[string][]string{
		"workspace: There is no workspace of that name.":               {"--workspace", "Nobody's", "--scopes", "read"},
		"scopes: Choose at least one of read, operate, manage, admin.": {"--workspace", "My company", "--scopes", "everything"},
	} {
		t.Run(says, func(t *testing.T) {
			if out, err := levqor(t, append([]string{"token", "create"}, args...)...); err == nil || out != "" || err.Error() != says {
				t.Errorf("%q, %v", out, err)
			}
		})
	}
}
