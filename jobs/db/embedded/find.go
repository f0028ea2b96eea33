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

// Find is the first server of All.
func Find(ctx context.Context, env string) (Binaries, error) {
	all, err := All(ctx, env)
	if err != nil {
		return Binaries{}, err
	}
	return all[0], nil
}

// All looks for servers in env (the value of LEVQOR_PG_BIN, a list of folders as
// PATH is; when set, nothing else is tried), then where pg_config, PATH, Debian,
// Homebrew and Postgres.app keep them: one of each major version at least. The
// failure says how to install one, unless ctx ended the search.
func All(ctx context.Context, env string) (all []Binaries, err error) {
	dirs := candidates
	if env != "" {
		dirs = func(context.Context) []string { return filepath.SplitList(env) }
	}
	seen := map[string]bool{}
	for _, dir := range dirs(ctx) {
		if seen[dir] {
			continue
		}
		seen[dir] = true
		b, err := inspect(ctx, dir)
		switch {
		case err == nil:
			all = append(all, b)
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case env != "":
			return nil, fail.Wrap(err, fail.Invalid, "postgres.fail.no_server_there", "folder", dir)
		}
	}
	if len(all) > 0 {
		return all, nil
	}
	command := installCommand()
	return nil, fail.Wrap(fmt.Errorf("no PostgreSQL server found, install it: %s", command),
		fail.Unavailable, "postgres.fail.no_server", "command", command)
}

// Choose is the programs to work with a server of that major version: its own,
// else the next newer ones. Older ones can't.
func Choose(all []Binaries, major int) (best Binaries, ok bool) {
	for _, b := range all {
		if b.Major >= major && (!ok || b.Major < best.Major) {
			best, ok = b, true
		}
	}
	return best, ok
}

// Package is what the system calls the programs of that major version.
func Package(major int) string {
	if runtime.GOOS == "darwin" {
		return fmt.Sprintf("postgresql@%d", major)
	}
	return fmt.Sprintf("postgresql-%d", major)
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
