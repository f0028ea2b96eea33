package recovery

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os/exec"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"

	"levqor/jobs/db/embedded"
)

// program is one of PostgreSQL's, with the database's password in its environment,
// where no list of processes shows it. said is the end of what it complains.
func program(ctx context.Context, bin embedded.Binaries, name, databaseURL string, args ...string) (cmd *exec.Cmd, said *tail) {
	// None of our own variables, which hold secrets, and none that would point it elsewhere.
	env := []string{"LC_ALL=C.UTF-8", "PGCONNECT_TIMEOUT=10", "PATH=" + bin.Dir + ":/usr/bin:/bin"}
	if databaseURL != "" {
		plain, password := apart(databaseURL)
		args = append(args, "--dbname="+plain)
		if password != "" {
			env = append(env, "PGPASSWORD="+password)
		}
	}
	cmd = exec.CommandContext(ctx, bin.Path(name), args...)
	said = &tail{}
	cmd.Env, cmd.Stderr = env, said
	return cmd, said
}

var passwordWord = regexp.MustCompile(`(?i)\s*\bpassword\s*=\s*('(?:[^'\\]|\\.)*'|\S+)`)

// apart is the address without its password, and the password.
func apart(databaseURL string) (plain, password string) {
	config, err := pgx.ParseConfig(databaseURL)
	if err != nil {
		return databaseURL, ""
	}
	u, err := url.Parse(databaseURL)
	if err != nil || !strings.HasPrefix(u.Scheme, "postgres") {
		return passwordWord.ReplaceAllString(databaseURL, ""), config.Password
	}
	if u.User != nil {
		u.User = url.User(u.User.Username())
	}
	query := u.Query()
	query.Del("password")
	u.RawQuery = query.Encode()
	return u.String(), config.Password
}

// seesAll refuses a role that row-level security would show only a part to: a dump
// that leaves workspaces out is none.
func seesAll(ctx context.Context, databaseURL string) error {
	conn, err := pgx.Connect(ctx, databaseURL)
	if err != nil {
		return fmt.Errorf("DATABASE_URL: %w", err)
	}
	defer conn.Close(ctx)
	var all bool
	err = conn.QueryRow(ctx, `
		SELECT r.rolsuper OR r.rolbypassrls OR pg_has_role('levqor_system', 'USAGE') FROM pg_roles r WHERE r.rolname = current_user`).Scan(&all)
	if err != nil {
		return err
	}
	if !all {
		return errors.New("the role of DATABASE_URL is not in levqor_system, so a dump would leave rows out: run `levqor migrate` with it once")
	}
	return nil
}

const mostSaid = 2000

// tail keeps the end of what is written to it.
type tail struct{ text []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.text = append(t.text, p...)
	if len(t.text) > mostSaid {
		t.text = t.text[len(t.text)-mostSaid:]
	}
	return len(p), nil
}

func (t *tail) String() string { return strings.TrimSpace(strings.ToValidUTF8(string(t.text), "")) }
