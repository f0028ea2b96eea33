package vault

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/fail"
	"levqor/jobs/task"
	"levqor/jobs/vault/kopia"
)

const (
	// quickEvery merges the indexes that many small writes leave.
	quickEvery = time.Hour
	// fullEvery gives back the space of deleted snapshots. A bit less than a day,
	// so that hourly rounds don't let it slip to 25 hours.
	fullEvery = 23 * time.Hour
	// verifyEvery and verifyShare read a random 5 % of all content back each week:
	// enough to find a disk that rots, little enough to pay a bucket's traffic
	// for. Drills read all of the newest snapshot besides.
	verifyEvery = 7 * 24 * time.Hour
	verifyShare = 5.0
	wholeShare  = 100.0

	upkeepLockClass = 0x4c57
	maxDamage       = 100 // entries kept; more say nothing new
)

// StartUpkeep tidies a vault now and reads all of its content back. Needs
// Operate. Conflict (task.fail.busy) while other work on it runs.
func (v *Vaults) StartUpkeep(ctx context.Context, actor account.Actor, id uuid.UUID) (started uuid.UUID, err error) {
	return v.start(ctx, actor, account.Operate, id, v.enqueueUpkeep)
}

func (v *Vaults) enqueueUpkeep(ctx context.Context, tx pgx.Tx, actor account.Actor, r row) (uuid.UUID, error) {
	if r.State != Ready {
		return uuid.Nil, fail.New(fail.Conflict, "vault.fail.not_ready", "name", r.Name)
	}
	id, err := v.enqueue(ctx, tx, actor, r, task.VaultUpkeep)
	if err != nil {
		return uuid.Nil, err
	}
	return id, task.Enqueue(ctx, tx, v.queue, id, UpkeepArgs{ID: id.String()})
}

// upkeep is one round of it.
type upkeep struct {
	*task.Active
	vault    row
	repo     *kopia.Repository
	meter    kopia.Meter
	full     bool
	keepAll  bool    // the clock is doubted: give nothing back
	share    float64 // percent of the content to read back
	verified bool
	usage    kopia.Usage
	damage   []Damage
	spoiled  []string // manifests that need a damaged blob

	suspects  []suspect
	cleared   map[string]bool // pieces known as damaged that were read whole
	acquitted []uuid.UUID     // suspects that were read whole
	confirmed []uuid.UUID     // suspects whose fault was found again
	inspected map[string]kopia.Inspection
}

// PerformUpkeep tidies, verifies and measures a vault. Damage that it finds is
// stored with the vault and the snapshots it is in, and fails the task (damaged).
func (v *Vaults) PerformUpkeep(ctx context.Context, id uuid.UUID) error {
	return v.runner.Do(ctx, id, func(ctx context.Context, a *task.Active) (func(context.Context, pgx.Tx) error, error) {
		r, err := v.rowOf(ctx, a)
		if err != nil {
			return nil, err
		}
		unlock, err := v.exclusively(ctx, r.ID)
		if err != nil {
			return nil, err
		}
		defer unlock()
		u := &upkeep{Active: a, vault: r}
		u.plan(a.Now())
		if u.keepAll, err = v.doubted(ctx, a); err != nil {
			return nil, err
		}
		// Without a cache: what is read back must come from the vault's own place.
		if u.repo, err = v.open(ctx, r, kopia.Options{}); err != nil {
			return nil, err
		}
		defer u.repo.Close(context.WithoutCancel(ctx))
		a.Measure(u.progress)
		if err := u.run(ctx); err != nil {
			return nil, err
		}
		if len(u.damage) == 0 {
			return u.recordBy(v), nil
		}
		if err := a.InTx(ctx, u.recordBy(v)); err != nil {
			return nil, err
		}
		return nil, fail.Work(nil, fail.ClassDamaged, "vault.fail.damage_found", "count", len(u.damage), "blob", u.damage[0].Blob)
	})
}

// exclusively holds a lock on a connection of its own: kopia allows one
// maintenance at a time, also of a task that was thought dead.
func (v *Vaults) exclusively(ctx context.Context, id uuid.UUID) (unlock func(), err error) {
	conn, err := v.db.Pool().Acquire(ctx)
	if err != nil {
		return nil, err
	}
	var got bool
	if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1, hashtext($2))`, upkeepLockClass, id.String()).Scan(&got); err != nil || !got {
		conn.Release()
		if err == nil {
			err = fail.Work(nil, fail.ClassTransient, "vault.fail.upkeep_busy")
		}
		return nil, err
	}
	return func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if _, err := conn.Exec(ctx, `SELECT pg_advisory_unlock($1, hashtext($2))`, upkeepLockClass, id.String()); err != nil {
			_ = conn.Conn().Close(ctx) // a closed connection holds no lock
		}
		conn.Release()
	}, nil
}

// plan decides what this round does. Whoever asks for it by hand gets all of it.
func (u *upkeep) plan(now time.Time) {
	byHand := u.Task.Cause == task.ByPerson || u.Task.Cause == task.ByAPI
	due := func(last *time.Time, every time.Duration) bool { return last == nil || now.Sub(*last) >= every }
	u.full = byHand || due(u.vault.FullUpkeepAt, fullEvery)
	switch {
	case byHand:
		u.share = wholeShare
	case u.full && due(u.vault.VerifiedAt, verifyEvery):
		u.share = verifyShare
	}
}

func (u *upkeep) progress() task.Progress {
	r := u.meter.Snapshot()
	p := task.Progress{Current: r.Current, BytesDone: r.Bytes}
	return p
}

func (u *upkeep) run(ctx context.Context) error {
	u.Phase("maintain")
	reclaimed, untidy, err := u.tidy(ctx)
	if err != nil {
		return err
	}
	if fail.ClassOf(untidy) == fail.ClassDamaged {
		u.share = wholeShare // find out where
	} else if untidy != nil {
		return untidy
	}
	if reclaimed.Bytes > 0 {
		if err := u.Log(ctx, "vault.log.reclaimed", "bytes", reclaimed.Bytes); err != nil {
			return err
		}
	}
	if err := u.reread(ctx); err != nil {
		return err
	}
	if u.share > 0 {
		u.Phase("verify")
		if err := u.verify(ctx); err != nil {
			return err
		}
	}
	if untidy != nil && len(u.damage) == 0 {
		return untidy
	}
	if !u.full {
		return nil
	}
	u.Phase("measure")
	usage, err := u.repo.Usage(ctx)
	u.usage = usage
	return err
}

// doubted reports whether the clock is: what is old enough to go can't be told then.
func (v *Vaults) doubted(ctx context.Context, a *task.Active) (doubted bool, err error) {
	err = a.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error { return v.watch.Check(ctx, tx, a.Task.WorkspaceID) })
	if fail.Is(err, fail.Conflict) {
		return true, nil
	}
	return false, err
}

// tidy gives space back; untidy is what kept it from that.
func (u *upkeep) tidy(ctx context.Context) (reclaimed kopia.Usage, untidy, err error) {
	if u.keepAll {
		return reclaimed, nil, u.Log(ctx, "vault.log.clock_doubted")
	}
	reclaimed, untidy = u.repo.Maintain(ctx, u.full)
	return reclaimed, untidy, nil
}

func (u *upkeep) verify(ctx context.Context) error {
	found, err := u.repo.VerifyContents(ctx, u.share, &u.meter)
	if err != nil {
		return err
	}
	u.verified = true
	if err := u.follow(ctx, found); err != nil {
		return err
	}
	if err := u.damaged(ctx, found); err != nil {
		return err
	}
	return u.Log(ctx, "vault.log.verified", "percent", int(u.share), "count", len(found))
}

// damaged names pieces in the log, each once, and keeps them for the record.
func (u *upkeep) damaged(ctx context.Context, found []kopia.Damage) error {
	before := len(u.damage)
	u.damage = merge(u.damage, found, u.Now())
	for i, d := range u.damage[before:] {
		u.damage[before+i].FoundAt = u.foundAt(d.Blob)
		if err := u.Log(ctx, "vault.log.damage_"+d.Reason, "blob", d.Blob); err != nil {
			return err
		}
	}
	return nil
}

// foundAt is when the piece was first found damaged.
func (u *upkeep) foundAt(blob string) time.Time {
	for _, known := range u.vault.Damage {
		if known.Blob == blob {
			return known.FoundAt
		}
	}
	return u.Now()
}

// follow finds the snapshots that the damage is in. All of the vault was read:
// then those that were doubted before and are not among them are whole.
func (u *upkeep) follow(ctx context.Context, found []kopia.Damage) error {
	if len(found) == 0 && (u.share < wholeShare || len(u.suspects) == 0) {
		return nil
	}
	var listed []string
	err := u.InTx(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
		listed, err = manifestsOf(ctx, tx, u.vault.ID)
		return err
	})
	if err != nil {
		return err
	}
	if u.spoiled, err = u.repo.Affected(ctx, found, listed); err != nil {
		return err
	}
	if u.share >= wholeShare {
		u.judgeSuspects()
	}
	if len(found) == 0 {
		return nil
	}
	return u.Log(ctx, "vault.log.snapshots_doubted", "count", len(u.spoiled))
}

func (u *upkeep) recordBy(v *Vaults) func(context.Context, pgx.Tx) error {
	return func(ctx context.Context, tx pgx.Tx) error { return u.record(ctx, tx, v) }
}

// record keeps what the round found out. A verification of a share can't
// acquit what an earlier one found; one of the whole can, and so can a look at
// those very pieces.
func (u *upkeep) record(ctx context.Context, tx pgx.Tx, v *Vaults) error {
	now := u.Now()
	if u.full {
		if _, err := tx.Exec(ctx, `UPDATE vaults SET full_upkeep_at = $2, used_bytes = $3, measured_at = $2 WHERE id = $1`,
			u.vault.ID, now, u.usage.Bytes); err != nil {
			return fmt.Errorf("record upkeep: %w", err)
		}
	}
	damage := u.damage
	if !u.verified || u.share < wholeShare {
		for _, old := range u.vault.Damage {
			known := slices.ContainsFunc(damage, func(d Damage) bool { return d.Blob == old.Blob })
			if !known && !u.cleared[old.Blob] && len(damage) < maxDamage {
				damage = append(damage, old)
			}
		}
	}
	if err := u.recordHealth(ctx, tx, v); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE vaults SET verified_at = CASE WHEN $3 THEN $2 ELSE verified_at END, damage = $4 WHERE id = $1`,
		u.vault.ID, now, u.verified, append([]Damage{}, damage...))
	return err
}
