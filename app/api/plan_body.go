package api

import (
	"time"

	"github.com/google/uuid"

	"levqor/jobs/backup"
	"levqor/jobs/source"
)

// Plan says when a source is backed up into which vault, how long its snapshots are
// kept, and what is promised.
type Plan struct {
	ID           uuid.UUID   `json:"id" format:"uuid"`
	SourceID     uuid.UUID   `json:"source_id" format:"uuid"`
	SourceName   string      `json:"source_name"`
	SourceKind   source.Kind `json:"source_kind" enum:"folder,postgres,s3"`
	VaultID      uuid.UUID   `json:"vault_id" format:"uuid"`
	VaultName    string      `json:"vault_name"`
	Cron         string      `json:"cron" doc:"Empty when every_minutes says it."`
	EveryMinutes int         `json:"every_minutes" doc:"0 when cron says it."`
	TimeZone     string      `json:"time_zone"`
	RPOMinutes   int         `json:"rpo_minutes" doc:"How old the newest copy may be."`
	RTOMinutes   int         `json:"rto_minutes" doc:"How long a restore may take."`
	Keep         Keep        `json:"keep"`
	Pending      []Pending   `json:"pending" doc:"Changes of what is kept that can still be undone, the oldest first. Until each takes effect, its earlier rules keep snapshots too."`
	DrillCron    string      `json:"drill_cron" doc:"Empty: proofs on demand, and one after the first backup."`
	Assertions   []Assertion `json:"assertions"`
	PausedAt     *time.Time  `json:"paused_at"`
	NextAt       *time.Time  `json:"next_at" doc:"The next backup; null while paused."`
	NextDrillAt  *time.Time  `json:"next_drill_at"`
	CreatedAt    time.Time   `json:"created_at"`
	Revision     int         `json:"revision"`
}

// Pending is a change of what a plan keeps whose grace lasts.
type Pending struct {
	EarlierKeep     Keep      `json:"earlier_keep"`
	EarlierTimeZone string    `json:"earlier_time_zone"`
	Removes         int       `json:"removes" doc:"Snapshots that it lets go of, as counted when it was made."`
	AskedAt         time.Time `json:"asked_at"`
	AskedBy         string    `json:"asked_by"`
	TakesEffectAt   time.Time `json:"takes_effect_at"`
}

// Keep says which snapshots a plan keeps; each of the days is a span of local
// calendar days that counts today.
type Keep struct {
	Last        int `json:"last" required:"false" minimum:"0" maximum:"10000" doc:"The newest so many."`
	AllDays     int `json:"all_days" required:"false" minimum:"0" maximum:"36525" doc:"Every snapshot of so many days."`
	HourlyDays  int `json:"hourly_days" required:"false" minimum:"0" maximum:"36525" doc:"One an hour."`
	DailyDays   int `json:"daily_days" required:"false" minimum:"0" maximum:"36525" doc:"One a date."`
	WeeklyDays  int `json:"weekly_days" required:"false" minimum:"0" maximum:"36525" doc:"One an ISO week."`
	MonthlyDays int `json:"monthly_days" required:"false" minimum:"0" maximum:"36525" doc:"One a month."`
	YearlyDays  int `json:"yearly_days" required:"false" minimum:"0" maximum:"36525" doc:"One a year."`
	MaxAgeDays  int `json:"max_age_days" required:"false" minimum:"0" maximum:"36525" doc:"None of the rules above reaches further; 0: no limit."`
	MinAgeDays  int `json:"min_age_days" required:"false" minimum:"0" maximum:"36525" doc:"Nobody removes younger ones."`
}

// Assertion is a question to a restored database that must be answered true.
type Assertion struct {
	Name     string `json:"name" maxLength:"200"`
	Database string `json:"database" maxLength:"63"`
	Query    string `json:"query" minLength:"1" maxLength:"10000" doc:"A SELECT of one boolean. It may use snapshot_time, the moment of the backup."`
}

// PlanSettings are what may change; what is left out has its default.
type PlanSettings struct {
	Cron         *string     `json:"cron,omitempty" maxLength:"200" doc:"Five fields, such as 0 */6 * * *. Instead of every_minutes."`
	EveryMinutes *int        `json:"every_minutes,omitempty" minimum:"0" maximum:"527040" doc:"360 unless given, or cron."`
	TimeZone     *string     `json:"time_zone,omitempty" maxLength:"64" doc:"As Europe/London; UTC unless given."`
	RPOMinutes   *int        `json:"rpo_minutes,omitempty" minimum:"1" maximum:"527040" doc:"360 unless given."`
	RTOMinutes   *int        `json:"rto_minutes,omitempty" minimum:"1" maximum:"527040" doc:"720 unless given."`
	Keep         *Keep       `json:"keep,omitempty" doc:"30 days daily, 90 weekly, 365 monthly unless given."`
	DrillCron    *string     `json:"drill_cron,omitempty" maxLength:"200" doc:"Sundays at 04:00 unless given; empty: on demand."`
	Assertions   []Assertion `json:"assertions,omitempty" maxItems:"50"`
}

// PlanInput is a plan to add.
type PlanInput struct {
	SourceID uuid.UUID `json:"source_id" format:"uuid"`
	VaultID  uuid.UUID `json:"vault_id" format:"uuid"`
	StartNow bool      `json:"start_now,omitempty" doc:"Back up at once."`
	PlanSettings
}

// PlanChange is what a plan becomes. Its source and vault stay.
type PlanChange struct {
	SourceID *uuid.UUID `json:"source_id,omitempty" format:"uuid" doc:"If given, the one it has."`
	VaultID  *uuid.UUID `json:"vault_id,omitempty" format:"uuid" doc:"If given, the one it has."`
	PlanSettings
}

// onto lays what is given over defaults.
func (p PlanSettings) onto(in backup.PlanInput) backup.PlanInput {
	if p.Cron != nil && *p.Cron != "" {
		in.EveryMinutes = 0
	}
	set(&in.Cron, p.Cron)
	set(&in.EveryMinutes, p.EveryMinutes)
	set(&in.Zone, p.TimeZone)
	set(&in.RPOMinutes, p.RPOMinutes)
	set(&in.RTOMinutes, p.RTOMinutes)
	set(&in.DrillCron, p.DrillCron)
	if p.Keep != nil {
		in.Keep = backup.Keep(*p.Keep)
	}
	for _, a := range p.Assertions {
		in.Assertions = append(in.Assertions, source.Assertion(a))
	}
	return in
}

func planOf(now time.Time, p backup.Plan) Plan {
	out := Plan{ID: p.ID, SourceID: p.SourceID, SourceName: p.SourceName, SourceKind: p.SourceKind, VaultID: p.VaultID, VaultName: p.VaultName,
		Cron: p.Cron, EveryMinutes: p.EveryMinutes, TimeZone: p.Zone, RPOMinutes: p.RPOMinutes, RTOMinutes: p.RTOMinutes, Keep: Keep(p.Keep),
		DrillCron: p.DrillCron, Assertions: []Assertion{}, Pending: []Pending{}, PausedAt: utc(p.PausedAt), NextAt: utc(p.NextAt), NextDrillAt: utc(p.NextDrillAt),
		CreatedAt: p.CreatedAt.UTC(), Revision: p.Revision}
	for _, a := range p.Assertions {
		out.Assertions = append(out.Assertions, Assertion(a))
	}
	for _, e := range p.Pending(now) {
		out.Pending = append(out.Pending, Pending{EarlierKeep: Keep(e.Keep), EarlierTimeZone: e.Zone, Removes: e.Removes,
			AskedAt: e.At.UTC(), AskedBy: e.By, TakesEffectAt: e.Until.UTC()})
	}
	return out
}
