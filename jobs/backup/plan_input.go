package backup

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/db"
	"levqor/jobs/fail"
	"levqor/jobs/source"
)

// PlanInput is a plan as somebody wants it. Field names of failures are the JSON
// names of the API and the names of the form.
type PlanInput struct {
	SourceID     uuid.UUID
	VaultID      uuid.UUID
	Cron         string
	EveryMinutes int
	Zone         string
	RPOMinutes   int
	RTOMinutes   int
	Keep         Keep
	DrillCron    string
	Assertions   []source.Assertion
	StartNow     bool // of CreatePlan: back up at once
}

// Defaults of a plan: every 6 hours, at most 6 hours lost, back within 12, proven
// each Sunday at 04:00.
func Defaults(zone string) PlanInput {
	return PlanInput{EveryMinutes: 360, Zone: zone, RPOMinutes: 360, RTOMinutes: 720, Keep: DefaultKeep(), DrillCron: "0 4 * * SUN"}
}

const (
	longestObjective = 366 * 24 * 60 // minutes
	mostAssertions   = 50
	longestQuery     = 10_000
)

func (in *PlanInput) validate() error {
	in.Cron, in.DrillCron = strings.TrimSpace(in.Cron), strings.TrimSpace(in.DrillCron)
	var form fail.Form
	Schedule{Cron: in.Cron, Every: time.Duration(in.EveryMinutes) * time.Minute, Zone: in.Zone}.Validate(&form)
	if in.DrillCron != "" {
		if _, refused := parseCron(in.DrillCron, "drill_cron"); refused != nil {
			form.Add("drill_cron", refused.Fields[0].Key, flatten(refused.Fields[0].Args)...)
		}
	}
	form.Check(in.RPOMinutes > 0 && in.RPOMinutes <= longestObjective, "rpo_minutes", "backup.field.objective")
	form.Check(in.RTOMinutes > 0 && in.RTOMinutes <= longestObjective, "rto_minutes", "backup.field.objective")
	in.Keep.Validate(&form)
	form.Check(len(in.Assertions) <= mostAssertions, "assertions", "backup.field.assertions", "most", mostAssertions)
	for _, a := range in.Assertions {
		if strings.TrimSpace(a.Query) == "" || len(a.Query) > longestQuery || len(a.Name) > 200 {
			form.Add("assertions", "backup.field.assertion")
			break
		}
	}
	return form.Err()
}

func (in PlanInput) assertions() []source.Assertion {
	return append([]source.Assertion{}, in.Assertions...)
}

func (in PlanInput) next(now time.Time) (next time.Time, drill *time.Time, err error) {
	next, err = Schedule{Cron: in.Cron, Every: time.Duration(in.EveryMinutes) * time.Minute, Zone: in.Zone}.Next(now)
	if err != nil || in.DrillCron == "" {
		return next, nil, err
	}
	at, err := Schedule{Cron: in.DrillCron, Zone: in.Zone}.Next(now)
	return next, &at, err
}

// checkTargets sees that source and vault are this workspace's, and usable.
func (in PlanInput) checkTargets(ctx context.Context, tx pgx.Tx) error {
	var form fail.Form
	var kind source.Kind
	err := tx.QueryRow(ctx, `SELECT kind FROM sources WHERE id = $1 AND deleted_at IS NULL FOR SHARE`, in.SourceID).Scan(&kind)
	if err != nil && !db.NoRows(err) {
		return err
	}
	form.Check(err == nil, "source_id", "backup.field.source")
	form.Check(len(in.Assertions) == 0 || kind == source.Postgres, "assertions", "backup.field.assertion_kind")
	err = tx.QueryRow(ctx, `SELECT 'x' FROM vaults WHERE id = $1 AND deleted_at IS NULL AND state <> 'failed' FOR SHARE`, in.VaultID).Scan(new(string))
	if err != nil && !db.NoRows(err) {
		return err
	}
	form.Check(err == nil, "vault_id", "backup.field.vault")
	return form.Err()
}
