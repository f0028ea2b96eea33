package vault

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/audit"
	"levqor/jobs/live"
	"levqor/jobs/vault/kopia"
)

// Cause is how a copy came to be doubted, and so what can take the doubt away.
type Cause string

const (
	CauseContent Cause = "content" // all of it was read, and it is not what was recorded: a proof clears it
	CauseRead    Cause = "read"    // part of it is missing or altered in the vault: reading it again clears it
)

// Doubt is what a check found of a copy, as a locale key with its arguments.
type Doubt struct {
	Cause Cause          `json:"cause"`
	Key   string         `json:"key"`
	Args  map[string]any `json:"args,omitempty"`
	Now   bool           `json:"-"` // nobody looked closer yet: read it again at once
}

// rereadAfter is how long after the one before a doubted copy is checked again.
// Only when the last one fails is it called damaged.
var rereadAfter = []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 4 * time.Hour}

// Doubt marks copies of a vault that are sound so far, once tx commits, and has
// them checked again. It takes nothing away: retention keeps a doubted copy.
func (v *Vaults) Doubt(ctx context.Context, tx pgx.Tx, vault uuid.UUID, manifests []string, d Doubt) error {
	if len(manifests) == 0 {
		return nil
	}
	now := v.clock.Now()
	again := now.Add(rereadAfter[0])
	if d.Now {
		again = now
	}
	marked, err := changed(tx.Query(ctx, `
		UPDATE snapshots SET health = 'doubted', doubted_at = $3, doubt = $4, doubt_reads = 0, reread_at = $5
		WHERE vault_id = $1 AND manifest_id = ANY($2) AND state = 'good' AND health = 'sound' RETURNING id, workspace_id`, vault, manifests, now, d, again))
	if err != nil {
		return fmt.Errorf("doubt snapshots: %w", err)
	}
	if d.Cause == CauseRead {
		if _, err := tx.Exec(ctx, `UPDATE vaults SET upkeep_due_at = least(upkeep_due_at, $2) WHERE id = $1`, vault, again); err != nil {
			return fmt.Errorf("plan to read again: %w", err)
		}
	}
	return tellHealth(ctx, tx, marked, "snapshot.doubted", now)
}

// Acquit takes the mark off copies, once tx commits: a check of all they hold passed.
func (v *Vaults) Acquit(ctx context.Context, tx pgx.Tx, ids []uuid.UUID) error {
	marked, err := changed(tx.Query(ctx, `
		UPDATE snapshots SET health = 'sound', doubted_at = NULL, doubt = NULL, doubt_reads = 0, reread_at = NULL, unreadable = NULL
		WHERE id = ANY($1) AND health <> 'sound' RETURNING id, workspace_id`, ids))
	if err != nil {
		return fmt.Errorf("acquit snapshots: %w", err)
	}
	return tellHealth(ctx, tx, marked, "snapshot.sound", v.clock.Now())
}

// Confirm counts a check of doubted copies that failed again, once tx commits.
// The fifth one makes them damaged. Those that are not due yet stay as they are.
func (v *Vaults) Confirm(ctx context.Context, tx pgx.Tx, ids []uuid.UUID) error {
	now := v.clock.Now()
	waits := make([]float64, len(rereadAfter))
	for i, d := range rereadAfter {
		waits[i] = d.Seconds()
	}
	damaged, err := changed(tx.Query(ctx, `
		WITH found AS (UPDATE snapshots SET doubt_reads = doubt_reads + 1,
			health = CASE WHEN doubt_reads + 1 >= cardinality($3::float8[]) THEN 'damaged' ELSE 'doubted' END,
			reread_at = $2::timestamptz + make_interval(secs => ($3::float8[])[doubt_reads + 2])
			WHERE id = ANY($1) AND health = 'doubted' AND reread_at <= $2 RETURNING id, workspace_id, health)
		SELECT id, workspace_id FROM found WHERE health = 'damaged'`, ids, now, waits))
	if err != nil {
		return fmt.Errorf("count a check that failed: %w", err)
	}
	return tellHealth(ctx, tx, damaged, "snapshot.damaged", now)
}

// Mended has every copy of a vault that a fault was found in read again soon, once
// tx commits: a backup has written anew what its source still held of the damage.
func (v *Vaults) Mended(ctx context.Context, tx pgx.Tx, vault uuid.UUID) error {
	now := v.clock.Now()
	tag, err := tx.Exec(ctx, `UPDATE snapshots SET health = 'doubted', doubt_reads = 0, reread_at = $2
		WHERE vault_id = $1 AND state = 'good' AND health = 'damaged' AND coalesce(doubt ->> 'cause', 'read') = 'read'`, vault, now)
	if err != nil {
		return fmt.Errorf("read damaged snapshots again: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return nil
	}
	_, err = tx.Exec(ctx, `UPDATE vaults SET upkeep_due_at = least(upkeep_due_at, $2) WHERE id = $1`, vault, now)
	return err
}

type markedRow struct{ ID, Workspace uuid.UUID }

func changed(rows pgx.Rows, err error) ([]markedRow, error) {
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[markedRow])
}

func tellHealth(ctx context.Context, tx pgx.Tx, of []markedRow, action string, now time.Time) error {
	for _, m := range of {
		text := m.ID.String()
		err := audit.Write(ctx, tx, account.System(m.Workspace), now, audit.Event{Action: action, SubjectKind: "snapshot", SubjectID: text, SubjectName: text[len(text)-8:]})
		if err != nil {
			return err
		}
		if err := live.Notify(ctx, tx, m.Workspace, "snapshots"); err != nil {
			return err
		}
	}
	return nil
}

// NoteDamage keeps which pieces of a vault were found damaged, beside those known.
func (v *Vaults) NoteDamage(ctx context.Context, tx pgx.Tx, vault uuid.UUID, found []kopia.Damage) error {
	if len(found) == 0 {
		return nil
	}
	var known []Damage
	if err := tx.QueryRow(ctx, `SELECT damage FROM vaults WHERE id = $1 FOR UPDATE`, vault).Scan(&known); err != nil {
		return fmt.Errorf("find damage: %w", err)
	}
	_, err := tx.Exec(ctx, `UPDATE vaults SET damage = $2 WHERE id = $1`, vault, merge(known, found, v.clock.Now()))
	return err
}

// merge adds what was found to what is known, at most maxDamage pieces.
func merge(known []Damage, found []kopia.Damage, now time.Time) []Damage {
	all, have := append([]Damage{}, known...), map[string]bool{}
	for _, d := range known {
		have[d.Blob] = true
	}
	for _, d := range found {
		if d.Blob == "" || have[d.Blob] || len(all) >= maxDamage {
			continue
		}
		have[d.Blob] = true
		reason := "altered"
		if d.Missing {
			reason = "missing"
		}
		all = append(all, Damage{Blob: d.Blob, Reason: reason, FoundAt: now})
	}
	return all
}
