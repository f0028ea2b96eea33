package main

import "path/filepath"

// program is one of those compared. home is a folder of its own, with a new
// repository at home/repo once create's commands have run; tag names a snapshot.
type program interface {
	name() string
	version() command
	create(home string) []command
	stream(home, tag, dump string) command // the file dump, through standard input
	tree(home, tag, dir string) command
	restore(home, tag string, of content, into string) command
}

// content is what a repository holds.
type content int

const (
	aDump content = iota
	aTree
)

// dumpName is what a streamed dump is called in every repository.
const dumpName = "dump.sql"

const passphrase = "correct horse battery staple"

func repoOf(home string) string { return filepath.Join(home, "repo") }

// stockKopia is kopia as it is released. Its own default compresses nothing; that would be
// another task, so it compresses as Levqor does. Maintenance is a job of its own
// in Levqor and never part of what restic and borg do, so it is left out here too.
type stockKopia struct {
	bin     string
	treeDir string // it finds snapshots by the folder they are of
}

func (k stockKopia) name() string { return "kopia" }

func (k stockKopia) version() command { return command{args: []string{k.bin, "--version"}} }

func (k stockKopia) command(home string, args ...string) command {
	return command{
		args: append([]string{k.bin, "--config-file=" + filepath.Join(home, "config"), "--no-auto-maintenance", "--no-progress"}, args...),
		env:  []string{"KOPIA_PASSWORD=" + passphrase, "KOPIA_CHECK_FOR_UPDATES=false", "KOPIA_LOG_DIR=" + filepath.Join(home, "log")},
	}
}

func (k stockKopia) create(home string) []command {
	return []command{
		k.command(home, "repository", "create", "filesystem", "--path="+repoOf(home), "--cache-directory="+filepath.Join(home, "cache")),
		k.command(home, "policy", "set", "--global", "--compression=zstd-fastest"),
	}
}

func (k stockKopia) stream(home, _, dump string) command {
	c := k.command(home, "snapshot", "create", "--stdin-file="+dumpName, filepath.Join(home, "dumps"))
	c.stdin = dump
	return c
}

func (k stockKopia) tree(home, _, dir string) command {
	return k.command(home, "snapshot", "create", dir)
}

func (k stockKopia) restore(home, _ string, of content, into string) command {
	from := k.treeDir
	if of == aDump {
		from = filepath.Join(home, "dumps")
	}
	return k.command(home, "restore", from, into)
}

type restic struct{}

func (restic) name() string { return "restic" }

func (restic) version() command { return command{args: []string{"restic", "version"}} }

func (restic) command(home string, args ...string) command {
	return command{
		args: append([]string{"restic", "--quiet", "--repo", repoOf(home), "--cache-dir", filepath.Join(home, "cache")}, args...),
		env:  []string{"RESTIC_PASSWORD=" + passphrase},
	}
}

func (r restic) create(home string) []command { return []command{r.command(home, "init")} }

func (r restic) stream(home, _, dump string) command {
	c := r.command(home, "backup", "--stdin", "--stdin-filename", dumpName)
	c.stdin = dump
	return c
}

func (r restic) tree(home, _, dir string) command {
	c := r.command(home, "backup", ".")
	c.dir = dir
	return c
}

func (r restic) restore(home, _ string, _ content, into string) command {
	return r.command(home, "restore", "latest", "--target", into)
}

type borg struct{}

func (borg) name() string { return "borg" }

func (borg) version() command { return command{args: []string{"borg", "--version"}} }

func (borg) command(home string, args ...string) command {
	return command{args: append([]string{"borg"}, args...), env: []string{"BORG_PASSPHRASE=" + passphrase, "BORG_BASE_DIR=" + filepath.Join(home, "base")}}
}

func (b borg) create(home string) []command {
	return []command{b.command(home, "init", "--encryption=repokey-blake2", repoOf(home))}
}

func (b borg) stream(home, tag, dump string) command {
	c := b.command(home, "create", "--stdin-name", dumpName, repoOf(home)+"::"+tag, "-")
	c.stdin = dump
	return c
}

func (b borg) tree(home, tag, dir string) command {
	c := b.command(home, "create", repoOf(home)+"::"+tag, ".")
	c.dir = dir
	return c
}

func (b borg) restore(home, tag string, _ content, into string) command {
	c := b.command(home, "extract", repoOf(home)+"::"+tag)
	c.dir = into
	return c
}
