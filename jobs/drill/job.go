package drill

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/audit"
	"levqor/jobs/db"
	"levqor/jobs/db/embedded"
	"levqor/jobs/fail"
	"levqor/jobs/source"
	"levqor/jobs/task"
	"levqor/jobs/vault"
)

// jobRow is a drill with all that its work and its proof need.
type jobRow struct {
	ID            uuid.UUID
	WorkspaceID   uuid.UUID
	WorkspaceName string
	PlanID        uuid.UUID
	RTOMinutes    int64
	RPOMinutes    int64
	Assertions    []byte
	SourceID      uuid.UUID
	SourceName    string
	SourceKind    source.Kind
	SnapshotID    uuid.UUID
	VaultID       uuid.UUID
	Manifest      string
	TakenAt       time.Time
	Bytes         int64
	Files         int64
	Rows          *int64
	Truth         []byte
}

// begin chooses the snapshot, unless the order or an earlier attempt did.
func (d *Drills) begin(ctx context.Context, a *task.Active) (job jobRow, err error) {
	err = a.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			UPDATE drills d SET snapshot_id = (SELECT n.id FROM snapshots n
				WHERE n.plan_id = d.plan_id AND n.state = 'good' ORDER BY n.health = 'damaged', n.taken_at DESC LIMIT 1)
			WHERE d.id = $1 AND d.snapshot_id IS NULL`, a.Task.ID)
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `
			SELECT d.id, d.workspace_id, w.name, d.plan_id, p.rto_minutes, p.rpo_minutes, p.assertions, d.source_id, s.name, s.kind,
				n.id, n.vault_id, n.manifest_id, n.taken_at, n.bytes, n.files, n.rows, n.truth
			FROM drills d JOIN workspaces w ON w.id = d.workspace_id JOIN plans p ON p.id = d.plan_id JOIN sources s ON s.id = d.source_id
			JOIN snapshots n ON n.id = d.snapshot_id AND n.state = 'good'
			WHERE d.id = $1`, a.Task.ID)
		if err != nil {
			return err
		}
		job, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[jobRow])
		return err
	})
	if db.NoRows(err) {
		return job, fail.Work(nil, fail.ClassGone, "drill.fail.snapshot_gone")
	}
	return job, err
}

func (j jobRow) assertions() ([]source.Assertion, error) {
	var asserts []source.Assertion
	if err := json.Unmarshal(j.Assertions, &asserts); err != nil {
		return nil, fmt.Errorf("assertions of plan %s: %w", j.PlanID, err)
	}
	return asserts, nil
}

// document states what was found. The proof is passed when every check is good;
// objectives are measured beside it.
func (j jobRow) document(startedAt, finishedAt time.Time, f finding, target string) Document {
	lost := max(0, startedAt.Sub(j.TakenAt))
	doc := Document{
		Format: Format, Proof: ProofID(j.ID), Drill: j.ID, Plan: j.PlanID,
		Workspace: Named{j.WorkspaceID, j.WorkspaceName},
		Source:    ProofSource{Named: Named{j.SourceID, j.SourceName}, Kind: string(j.SourceKind)},
		Snapshot:  ProofSnapshot{ID: j.SnapshotID, Manifest: j.Manifest, TakenAt: j.TakenAt, Bytes: j.Bytes, Files: j.Files, Rows: j.Rows},
		Target:    target, StartedAt: startedAt, FinishedAt: finishedAt,
		Objectives: Objectives{
			RTOSeconds: j.RTOMinutes * 60, RestoreMS: f.Took.Milliseconds(), RTOMet: f.Took <= time.Duration(j.RTOMinutes)*time.Minute && !f.differs && f.seen == nil,
			RPOSeconds: j.RPOMinutes * 60, LostSeconds: int64(lost.Seconds()), RPOMet: lost <= time.Duration(j.RPOMinutes)*time.Minute,
		},
		Checks: []Check{}, Assertions: []Assertion{},
	}
	var truth source.Truth
	if json.Unmarshal(j.Truth, &truth) == nil {
		doc.Snapshot.Tables = truth.Tables
		if truth.Postgres != nil {
			doc.Source.Version = truth.Postgres.Version
		}
	}
	asserts, _ := j.assertions()
	doc.Checks, doc.Assertions = sortChecks(f.Checks, asserts)
	doc.Notes = f.Notes
	doc.settle()
	return doc
}

// sortChecks sets the customer's own questions apart and gives them their queries.
func sortChecks(found []source.Check, asserts []source.Assertion) ([]Check, []Assertion) {
	queries := map[string]source.Assertion{}
	for _, a := range asserts {
		queries[a.Name] = a
	}
	checks, answers := []Check{}, []Assertion{}
	for _, c := range found {
		if c.Group == "assertion" {
			asked := queries[c.Name]
			answers = append(answers, Assertion{Name: c.Name, Database: asked.Database, Query: asked.Query, OK: c.OK, Detail: c.Detail})
			continue
		}
		checks = append(checks, Check{Name: c.Name, Group: c.Group, Recorded: c.Recorded, Restored: c.Restored,
			Total: c.Total, Good: c.Good, OK: c.OK, Detail: c.Detail})
	}
	return checks, answers
}

// targetOf names what a source of that kind is restored into.
func (d *Drills) targetOf(ctx context.Context, kind source.Kind) string {
	if kind != source.Postgres {
		return "folder"
	}
	bin, err := embedded.Find(ctx, d.options.PostgresBin)
	if err != nil {
		return "PostgreSQL"
	}
	return "PostgreSQL " + bin.Version
}

// finish keeps the proof and what follows from it for the copy.
func (d *Drills) finish(ctx context.Context, tx pgx.Tx, a *task.Active, j jobRow, doc Document, proof Proof, f finding) error {
	kept, err := keep(proof)
	if err != nil {
		return err
	}
	now := a.Now()
	if _, err := tx.Exec(ctx, `
		UPDATE drills SET passed = $2, rto_ms = $3, rpo_seconds = $4, checks_total = $5, checks_good = $6, proof = $7, proven_at = $8
		WHERE id = $1`, j.ID, doc.Passed, doc.Objectives.RestoreMS, doc.Objectives.LostSeconds, doc.Total, doc.Good, kept, now); err != nil {
		return fmt.Errorf("keep proof: %w", err)
	}
	if err := d.recordHealth(ctx, tx, j, doc.Passed, f, now); err != nil {
		return err
	}
	action := "drill.failed"
	if doc.Passed {
		action = "drill.passed"
	}
	return audit.Write(ctx, tx, account.System(j.WorkspaceID), now, audit.Event{Action: action, SubjectKind: "drill", SubjectID: j.ID.String(),
		SubjectName: j.SourceName, Detail: map[string]any{"proof": doc.Proof, "good": doc.Good, "total": doc.Total}})
}

// recordHealth keeps what the proof says of the copy itself.
func (d *Drills) recordHealth(ctx context.Context, tx pgx.Tx, j jobRow, passed bool, f finding, now time.Time) error {
	copies := []uuid.UUID{j.SnapshotID}
	switch {
	case passed:
		if _, err := tx.Exec(ctx, `UPDATE snapshots SET proven_at = $2 WHERE id = $1 AND state = 'good'`, j.SnapshotID, now); err != nil {
			return fmt.Errorf("mark snapshot: %w", err)
		}
		return d.vaults.Acquit(ctx, tx, copies)
	case f.seen != nil:
		return d.vaults.Found(ctx, tx, j.VaultID, j.Manifest, *f.seen, "vault.doubt.drill")
	case f.differs:
		if err := d.vaults.Confirm(ctx, tx, copies); err != nil {
			return err
		}
		return d.vaults.Doubt(ctx, tx, j.VaultID, []string{j.Manifest}, vault.Doubt{Cause: vault.CauseContent, Key: "vault.doubt.content"})
	}
	return nil
}
