package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"
	"time"

	"levqor/jobs/dial"
	"levqor/jobs/roots"
	"levqor/jobs/source"
	"levqor/jobs/source/folder"
	"levqor/jobs/source/postgres"
	"levqor/jobs/vault/kopia"
)

// childArg makes this program a process that does one piece of Levqor's work, as
// a worker does it, so that it can be measured like the others.
const childArg = "levqor-process"

// profileEnv names a folder for CPU profiles of Levqor's processes.
const profileEnv = "LEVQOR_BENCH_PROFILE"

func child(ctx context.Context, args []string) (err error) {
	if len(args) < 2 {
		return errors.New("a process needs its work and its home")
	}
	kopia.Frugal()
	work, home, rest := args[0], args[1], append(args[2:], "", "")
	if dir := os.Getenv(profileEnv); dir != "" {
		stop, err := profile(filepath.Join(dir, work+"-"+time.Now().Format("150405.000")+".pprof"))
		if err != nil {
			return err
		}
		defer stop()
	}
	switch work {
	case "create":
		return kopia.Create(ctx, locationOf(home), vaultKey())
	case "database":
		return childDatabase(ctx, home)
	case "drill":
		return childDrill(ctx, home)
	case "restore-dump":
		return childRestoreDump(ctx, home, rest[0])
	case "restore-tree":
		return childRestoreTree(ctx, home, rest[0])
	case "stream":
		return childStream(ctx, home)
	case "tree":
		return childTree(ctx, home, rest[0])
	}
	return fmt.Errorf("unknown work %q", work)
}

func profile(name string) (stop func(), err error) {
	f, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() { pprof.StopCPUProfile(); f.Close() }, nil
}

func vaultKey() []byte { key := sha256.Sum256([]byte(passphrase)); return key[:] }

func locationOf(home string) kopia.Location {
	return kopia.Location{Kind: kopia.Filesystem, Path: repoOf(home)}
}

// inVault opens the vault of home, as backups and restores do, for f alone.
func inVault(ctx context.Context, home string, f func(*kopia.Repository) error) (err error) {
	r, err := kopia.Open(ctx, locationOf(home), vaultKey(), kopia.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close(ctx)) }()
	return f(r)
}

// backup is what backup.Perform does, without the rows.
func backup(ctx context.Context, home string, kind source.Kind, config source.Config, engine source.Engine) error {
	return inVault(ctx, home, func(r *kopia.Repository) error {
		var truth source.Truth
		var meter source.Meter
		now := time.Now()
		_, err := r.Write(ctx, kopia.Snapshot{Source: "bench", Start: now}, &meter.Vault, func(ctx context.Context, w *kopia.Writer) (err error) {
			truth, err = engine.Backup(ctx, source.Spec{Kind: kind, Config: config}, w, now, &meter)
			return err
		})
		if err != nil {
			return err
		}
		return writeJSON(filepath.Join(home, "truth"), truth)
	})
}

// newest is the vault's newest snapshot.
func newest(ctx context.Context, r *kopia.Repository) (string, error) {
	kept, err := r.Snapshots(ctx)
	if err == nil && len(kept) == 0 {
		err = errors.New("the vault holds no snapshot")
	}
	if err != nil {
		return "", err
	}
	return kept[len(kept)-1].ID, nil
}

// engine is the product's own; only the folders below dir may be used.
func engine(kind source.Kind, dir string) source.Engine {
	options := source.Options{Dial: dial.Guard{Policy: dial.Anything}, Roots: roots.Roots{dir}}
	return source.New(nil, nil, nil, nil, nil, options).Engine(kind)
}

func childStream(ctx context.Context, home string) error {
	return inVault(ctx, home, func(r *kopia.Repository) error {
		now := time.Now()
		_, err := r.Write(ctx, kopia.Snapshot{Source: "bench", Start: now}, nil, func(ctx context.Context, w *kopia.Writer) error {
			_, err := w.Stream(ctx, dumpName, now, os.Stdin)
			return err
		})
		return err
	})
}

func childRestoreDump(ctx context.Context, home, into string) error {
	return inVault(ctx, home, func(r *kopia.Repository) error {
		id, err := newest(ctx, r)
		if err != nil {
			return err
		}
		_, err = r.RestoreTo(ctx, id, into, kopia.RestoreOptions{}, nil)
		return err
	})
}

func childTree(ctx context.Context, home, dir string) error {
	return backup(ctx, home, source.Folder, source.Config{Folder: &folder.Config{Path: dir}}, engine(source.Folder, dir))
}

func childRestoreTree(ctx context.Context, home, into string) error {
	return inVault(ctx, home, func(r *kopia.Repository) error {
		from := source.Stored{Repo: r}
		if err := readJSON(filepath.Join(home, "truth"), &from.Truth); err != nil {
			return err
		}
		var err error
		if from.Manifest, err = newest(ctx, r); err != nil {
			return err
		}
		_, err = engine(source.Folder, into).Restore(ctx, from, source.Target{Folder: into}, time.Now(), &source.Meter{})
		return err
	})
}

func childDatabase(ctx context.Context, home string) error {
	config, err := accessFromEnv()
	if err != nil {
		return err
	}
	return backup(ctx, home, source.Postgres, source.Config{Postgres: &config}, engine(source.Postgres, home))
}

// accessEnv hands a database's address to a process, password included.
const accessEnv = "LEVQOR_BENCH_DATABASE"

func accessFromEnv() (c postgres.Config, err error) {
	if err := json.Unmarshal([]byte(os.Getenv(accessEnv)), &c); err != nil {
		return c, fmt.Errorf("%s: %w", accessEnv, err)
	}
	c.Password = os.Getenv("PGPASSWORD")
	return c, nil
}

func writeJSON(name string, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return os.WriteFile(name, text, 0o600)
}

func readJSON(name string, v any) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, v)
}
