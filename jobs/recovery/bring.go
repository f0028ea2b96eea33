package recovery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"levqor/jobs/db/embedded"
	"levqor/jobs/dial"
	"levqor/jobs/secret"
	"levqor/jobs/vault/kopia"
	"levqor/migrations"
)

// Bring is what brings an installation back.
type Bring struct {
	Kit         Kit
	Box         *secret.Box // of the installation's master key
	DatabaseURL string      // of an empty database
	PostgresBin string
	Snapshot    string // "" is the newest
}

// Dumped is a dump that a place holds.
type Dumped struct {
	ID    string
	At    time.Time
	Bytes int64
}

// Do loads the dump into the empty database. The database stands in quarantine
// from its first row on; Settle of the opened installation goes on. It returns
// the moment that the dump shows.
func (b Bring) Do(ctx context.Context) (from time.Time, err error) {
	if err := b.sameKey(b.Kit.KeyCheck); err != nil {
		return from, err
	}
	bin, err := embedded.Find(ctx, b.PostgresBin)
	if err != nil {
		return from, err
	}
	repo, err := b.open(ctx)
	if err != nil {
		return from, err
	}
	defer func() { _ = repo.Close(context.WithoutCancel(ctx)) }()
	dump, err := b.choose(ctx, repo)
	if err != nil {
		return from, err
	}
	said, err := b.read(ctx, repo, dump.ID)
	if err != nil {
		return from, err
	}
	if err := migrations.Prepare(ctx, b.DatabaseURL); err != nil {
		return from, err
	}
	if err := b.load(ctx, bin, repo, dump.ID); err != nil {
		return from, err
	}
	if err := migrations.Apply(ctx, b.DatabaseURL); err != nil {
		return from, err
	}
	return said.TakenAt, mark(ctx, b.DatabaseURL, said)
}

func (b Bring) open(ctx context.Context) (*kopia.Repository, error) {
	return b.Kit.Place.open(ctx, dial.Guard{Policy: dial.Anything}, true) // whoever runs this is at the machine
}

// List is the dumps of the place, newest first.
func (b Bring) List(ctx context.Context) ([]Dumped, error) {
	repo, err := b.open(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = repo.Close(context.WithoutCancel(ctx)) }()
	return dumps(ctx, repo)
}

func dumps(ctx context.Context, repo *kopia.Repository) (found []Dumped, err error) {
	all, err := repo.Snapshots(ctx)
	for _, k := range slices.Backward(all) {
		if k.Complete && k.Source == sourceName {
			found = append(found, Dumped{ID: k.ID, At: k.Start, Bytes: k.Bytes})
		}
	}
	return found, err
}

func (b Bring) choose(ctx context.Context, repo *kopia.Repository) (Dumped, error) {
	found, err := dumps(ctx, repo)
	if err != nil {
		return Dumped{}, err
	}
	for _, d := range found {
		if b.Snapshot == "" || d.ID == b.Snapshot {
			return d, nil
		}
	}
	return Dumped{}, fmt.Errorf("%s holds no such dump of Levqor's database", b.Kit.Place)
}

// read looks at what the dump says of itself, and whether this program and this
// key fit.
func (b Bring) read(ctx context.Context, repo *kopia.Repository, id string) (said about, err error) {
	file, _, err := repo.OpenFile(ctx, id, aboutName)
	if err != nil {
		return said, err
	}
	defer file.Close()
	raw, err := io.ReadAll(io.LimitReader(file, 1<<20))
	if err != nil {
		return said, err
	}
	if err := json.Unmarshal(raw, &said); err != nil {
		return said, fmt.Errorf("read the dump's %s: %w", aboutName, err)
	}
	latest, err := migrations.Newest()
	if err != nil {
		return said, err
	}
	if said.Schema > latest {
		return said, fmt.Errorf("the dump is of a newer Levqor (its schema is %d, this program knows %d): use that version or a newer one", said.Schema, latest)
	}
	return said, b.sameKey(said.KeyCheck)
}

func (b Bring) sameKey(check []byte) error {
	if len(check) == 0 {
		return nil
	}
	if word, err := b.Box.Open(check, checkAt); err != nil || string(word) != checkWord {
		return errors.New("the master key is another one than this installation's: nothing in its database would open; set LEVQOR_MASTER_KEY_FILE to the copy that was kept")
	}
	return nil
}

// load restores in one transaction: all of it or nothing.
func (b Bring) load(ctx context.Context, bin embedded.Binaries, repo *kopia.Repository, id string) error {
	file, _, err := repo.OpenFile(ctx, id, dumpName)
	if err != nil {
		return err
	}
	defer file.Close()
	cmd, said := program(ctx, bin, "pg_restore", b.DatabaseURL, "--no-owner", "--single-transaction", "--exit-on-error")
	cmd.Stdin = file
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("pg_restore: %w: %s", err, said)
	}
	return nil
}
