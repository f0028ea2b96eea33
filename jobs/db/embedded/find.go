// Package embedded runs a Postgres server of our own: for `levqor dev`, for
// tests, and as the throw-away target of a drill.
package embedded

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"levqor/jobs/fail"
)

// Binaries is a folder with a server and its client programs.
type Binaries struct {
	Dir     string
	Major   int
	Version string // as the programs name it, such as 15.20
}

// Path is where a program of that folder is, such as pg_dump.
func (b Binaries) Path(program string) string { return filepath.Join(b.Dir, program) }

// Find looks for a server in env (the value of LEVQOR_PG_BIN; when set, nothing
// else is tried), then where pg_config, PATH, Debian, Homebrew and Postgres.app
// keep one. The failure says how to install it, unless ctx ended the search.
func Find(ctx context.Context, env string) (Binaries, error) {
	if env != "" {
		b, err := inspect(ctx, env)
		if err != nil && ctx.Err() == nil {
			return b, fail.Wrap(err, fail.Invalid, "postgres.fail.no_server_there", "folder", env)
		}
		return b, err
	}
	for _, dir := range candidates(ctx) {
		if b, err := inspect(ctx, dir); err == nil {
			return b, nil
		}
	}
	if err := ctx.Err(); err != nil {
		return Binaries{}, err
	}
	command := installCommand()
	return Binaries{}, fail.Wrap(fmt.Errorf("no PostgreSQL server found, install it: %s", command),
		fail.Unavailable, "postgres.fail.no_server", "command", command)
}

func candidates(ctx context.Context) []string {
	var dirs []string
	if out, err := output(ctx, "pg_config", "--bindir"); err == nil {
		dirs = append(dirs, out)
	}
	if path, err := exec.LookPath("postgres"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			path = real
		}
		dirs = append(dirs, filepath.Dir(path))
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin",
		"/usr/pgsql-*/bin",
		"/opt/homebrew/opt/postgresql@*/bin",
		"/usr/local/opt/postgresql@*/bin",
		"/Applications/Postgres.app/Contents/Versions/*/bin",
	} {
		found, _ := filepath.Glob(pattern)
		slices.SortFunc(found, newestFirst)
		dirs = append(dirs, found...)
	}
	return dirs
}

var digits = regexp.MustCompile(`\d+`)

func newestFirst(a, b string) int {
	major := func(s string) int { n, _ := strconv.Atoi(digits.FindString(s)); return n }
	return cmp.Compare(major(b), major(a))
}

func inspect(ctx context.Context, dir string) (Binaries, error) {
	for _, program := range []string{"initdb", "pg_dump", "pg_dumpall", "pg_restore", "psql"} {
		if _, err := os.Stat(filepath.Join(dir, program)); err != nil {
			return Binaries{}, err
		}
	}
	out, err := output(ctx, filepath.Join(dir, "postgres"), "--version")
	if err != nil {
		return Binaries{}, err
	}
	_, version, _ := strings.Cut(out, ") ")
	version, _, _ = strings.Cut(version, " ")
	major, err := strconv.Atoi(digits.FindString(version))
	if err != nil {
		return Binaries{}, fmt.Errorf("unknown version %q", out)
	}
	return Binaries{Dir: dir, Major: major, Version: version}, nil
}

// output has a deadline of its own too: a program that hangs must not hold up a start.
func output(ctx context.Context, program string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, program, args...).Output()
	return strings.TrimSpace(string(out)), err
}

func installCommand() string {
	switch {
	case runtime.GOOS == "darwin":
		return "brew install postgresql@17"
	case exists("/usr/bin/dnf"):
		return "sudo dnf install postgresql-server postgresql-contrib"
	case exists("/sbin/apk"):
		return "sudo apk add postgresql postgresql-client"
	case exists("/usr/bin/pacman"):
		return "sudo pacman -S postgresql"
	}
	return "sudo apt-get install postgresql"
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
