package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"levqor/jobs/account"
	"levqor/jobs/backup"
)

// Retention is what a plan keeps, and what the policy looked at would change.
// Sizes are estimates: what each snapshot added to the vault when it was taken.
type Retention struct {
	Keep         Keep           `json:"keep"`
	Snapshots    int            `json:"snapshots"`
	Bytes        int64          `json:"bytes"`
	Oldest       *time.Time     `json:"oldest"`
	Left         int            `json:"left" doc:"Snapshots that stay."`
	LeftBytes    int64          `json:"left_bytes"`
	Held         int            `json:"held" doc:"Of these, those that stay only because they are held."`
	FreesBytes   int64          `json:"frees_bytes"`
	Deletes      []Lost         `json:"deletes" doc:"What the policy deletes that the present one keeps."`
	DeletesTotal int            `json:"deletes_total"`
	Guarded      bool           `json:"guarded" doc:"Saving it needs what deleting a snapshot needs, takes effect after a grace, and can be undone until then."`
	Removes      int            `json:"removes" doc:"Snapshots that it lets go of, at once or before the grace ends."`
	TakesEffect  time.Time      `json:"takes_effect_at"`
	Days         []RetentionDay `json:"days" doc:"The last year as the policy would leave it; days without a snapshot are left out."`
}

// Lost counts the snapshots that lose the same last reason to be kept.
type Lost struct {
	Reason backup.Reason `json:"reason" enum:"all,daily,grace,hourly,last,locked,monthly,weekly,yearly"`
	Count  int           `json:"count"`
	Oldest time.Time     `json:"oldest"`
	Newest time.Time     `json:"newest"`
}

// RetentionDay is one date of the plan's zone.
type RetentionDay struct {
	Date  string          `json:"date" format:"date"`
	State backup.DayState `json:"state" enum:"drop,held,kept,many,soon"`
	Count int             `json:"count"`
}

func (r *resources) showRetention(ctx context.Context, actor account.Actor, in *ByID) (*shown[Retention], error) {
	return r.retention(ctx, actor, in.ID, nil)
}

func (r *resources) previewRetention(ctx context.Context, actor account.Actor, in *struct {
	ByID
	Body struct {
		Keep Keep `json:"keep"`
	}
}) (*shown[Retention], error) {
	draft := backup.Keep(in.Body.Keep)
	return r.retention(ctx, actor, in.ID, &draft)
}

func (r *resources) retention(ctx context.Context, actor account.Actor, plan uuid.UUID, draft *backup.Keep) (*shown[Retention], error) {
	found, err := r.site.Services.Backups.RetentionPreview(ctx, actor, plan, draft)
	if err != nil {
		return nil, err
	}
	p := found.Preview
	out := Retention{Keep: Keep(found.Draft), Snapshots: found.Snapshots, Bytes: found.Bytes, Oldest: utc(found.Oldest), Left: p.Left, LeftBytes: p.LeftSize,
		Held: p.Held, FreesBytes: p.Frees, Deletes: []Lost{}, DeletesTotal: p.Total(), Guarded: found.Change.Guarded(), Removes: found.Change.Removes, TakesEffect: found.From.UTC(), Days: []RetentionDay{}}
	for _, lost := range p.Deletes {
		out.Deletes = append(out.Deletes, Lost{Reason: lost.Reason, Count: lost.Count, Oldest: lost.Oldest.UTC(), Newest: lost.Newest.UTC()})
	}
	for _, day := range found.Days {
		if day.State != backup.DayNone {
			out.Days = append(out.Days, RetentionDay{Date: day.Date.Format(time.DateOnly), State: day.State, Count: day.Count})
		}
	}
	return &shown[Retention]{Body: out}, nil
}
