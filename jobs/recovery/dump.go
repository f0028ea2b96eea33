package recovery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"levqor/jobs/db/embedded"
	"levqor/jobs/vault/kopia"
	"levqor/migrations"
)

// Longest is how long one dump may take.
const Longest = time.Hour

const (
	sourceName = "levqor"
	dumpName   = "levqor.dump"
	aboutName  = "about.json"
)

// notDumped are tables whose rows stay behind: who is signed in, what lives for
// minutes, and the mark of the quarantine (see queue.Gate).
func notDumped() []string {
	return []string{"sessions", "sign_in_links", "rate_limits", "recovery_state", "test_clock", "river_leader", "river_client", "river_client_queue"}
}

// about is what a dump says of itself.
type about struct {
	TakenAt  time.Time `json:"taken_at"`
	Schema   int64     `json:"schema"` // number of its newest migration
	Sealed   []byte    `json:"sealed_place"`
	Place    string    `json:"place"`
	KeyCheck []byte    `json:"key_check"`
}

// Dump takes one and keeps it as a snapshot, read back to its end before it
// counts. How it went is in State.
func (r *Recovery) Dump(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, Longest)
	defer cancel()
	p, err := r.place(ctx)
	if err != nil {
		return err
	}
	began := r.clock.Now()
	bytes, err := r.dump(ctx, p, began)
	if err != nil {
		return errors.Join(err, r.record(context.WithoutCancel(ctx), began, 0, strings.TrimSpace(err.Error())))
	}
	return r.record(ctx, began, bytes, "")
}

func (r *Recovery) record(ctx context.Context, began time.Time, bytes int64, failure string) error {
	return r.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			UPDATE recovery_state SET dump_failure = $3, dumped_at = CASE WHEN $3 = '' THEN $1 ELSE dumped_at END,
				dump_bytes = CASE WHEN $3 = '' THEN $2 ELSE dump_bytes END`, began, bytes, failure)
		return err
	})
}

func (r *Recovery) dump(ctx context.Context, p Place, began time.Time) (int64, error) {
	bin, err := embedded.Find(ctx, r.options.PostgresBin)
	if err != nil {
		return 0, err
	}
	say, err := r.about(ctx, began)
	if err != nil {
		return 0, err
	}
	repo, err := p.open(ctx, r.options.Dial, false)
	if err != nil {
		return 0, err
	}
	defer func() { _ = repo.Close(context.WithoutCancel(ctx)) }()
	made, err := repo.Write(ctx, kopia.Snapshot{Source: sourceName, Description: "Levqor's own database", Start: began}, nil,
		func(ctx context.Context, w *kopia.Writer) error {
			if _, err := w.Stream(ctx, aboutName, began, strings.NewReader(say)); err != nil {
				return err
			}
			return r.stream(ctx, bin, w, began)
		})
	if err != nil {
		return 0, err
	}
	if err := readBack(ctx, bin, repo, made.ManifestID); err != nil {
		return 0, errors.Join(err, repo.Delete(context.WithoutCancel(ctx), made.ManifestID))
	}
	return made.Bytes, r.tidy(ctx, repo, began)
}

func (r *Recovery) about(ctx context.Context, began time.Time) (string, error) {
	a := about{TakenAt: began}
	var err error
	if a.KeyCheck, err = r.box.Seal([]byte(checkWord), checkAt); err != nil {
		return "", err
	}
	if a.Schema, err = migrations.Newest(); err != nil {
		return "", err
	}
	err = r.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT sealed_place, place FROM recovery_state`).Scan(&a.Sealed, &a.Place)
	})
	if err != nil {
		return "", err
	}
	raw, err := json.Marshal(a)
	return string(raw), err
}

// stream runs pg_dump into the vault. A dump that broke off ends the stream with
// its failure, never with an end that looks whole.
func (r *Recovery) stream(ctx context.Context, bin embedded.Binaries, w *kopia.Writer, began time.Time) error {
	// The owner sees every row by being one of levqor_system; pg_dump would rather
	// fail than ask the policies.
	args := []string{"--format=custom", "--compress=0", "--no-owner", "--enable-row-security"}
	for _, table := range notDumped() {
		args = append(args, "--exclude-table-data=public."+table)
	}
	if err := seesAll(ctx, r.options.DatabaseURL); err != nil {
		return err
	}
	cmd, said := program(ctx, bin, "pg_dump", r.options.DatabaseURL, args...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("pg_dump: %w", err)
	}
	_, err = w.Stream(ctx, dumpName, began, &untilExit{Reader: out, cmd: cmd, said: said})
	if err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	return err
}

// untilExit reads a program's output and ends well only if the program did.
type untilExit struct {
	io.Reader
	cmd  *exec.Cmd
	said *tail
}

func (u *untilExit) Read(p []byte) (int, error) {
	n, err := u.Reader.Read(p)
	if err == io.EOF {
		if exit := u.cmd.Wait(); exit != nil {
			return n, fmt.Errorf("pg_dump: %w: %s", exit, u.said)
		}
	}
	return n, err
}

// readBack reads the dump out of the vault again, to its end and as pg_restore
// will.
func readBack(ctx context.Context, bin embedded.Binaries, repo *kopia.Repository, id string) error {
	file, _, err := repo.OpenFile(ctx, id, dumpName)
	if err != nil {
		return err
	}
	defer file.Close()
	cmd, said := program(ctx, bin, "pg_restore", "", "--file=/dev/null")
	cmd.Stdin = file
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("the dump does not read back: %w: %s", err, said)
	}
	return nil
}
