// Package recovery backs up Levqor's own database, and brings it back on an empty
// machine, in quarantine: until somebody releases it, nothing is sent, restored or
// deleted, because it may have been done after the dump was taken.
package recovery

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"levqor/jobs/clock"
	"levqor/jobs/db"
	"levqor/jobs/dial"
	"levqor/jobs/mail"
	"levqor/jobs/queue"
	"levqor/jobs/roots"
	"levqor/jobs/secret"
)

// Every is how old a dump may get before the next is taken; one follows at once
// when a vault was made since, whose key is in no dump yet.
const Every = time.Hour

// Late is when people are told that there is no fresh dump.
const Late = 6 * time.Hour

// Options of a process.
type Options struct {
	DatabaseURL string
	PostgresBin string
	Dial        dial.Guard
	Roots       roots.Roots
}

// Recovery keeps the dumps of one installation.
type Recovery struct {
	db      *db.DB
	queue   *queue.Queue
	clock   *clock.Clock
	box     *secret.Box
	mails   *mail.Mails
	options Options
}

// New makes it.
func New(d *db.DB, q *queue.Queue, c *clock.Clock, box *secret.Box, m *mail.Mails, o Options) *Recovery {
	return &Recovery{db: d, queue: q, clock: c, box: box, mails: m, options: o}
}

// State is what is known of the installation.
type State struct {
	Place         string // in words; "": nobody chose one
	DumpedAt      *time.Time
	Bytes         int64
	Failure       string // why the last dump failed, in the program's words
	QuarantinedAt *time.Time
	RecoveredFrom *time.Time
	Now           time.Time
}

// Quarantine reports whether the installation stands in quarantine.
func (s State) Quarantine() bool { return s.QuarantinedAt != nil }

// Late reports whether a place is chosen and holds no fresh dump.
func (s State) Late() bool {
	return s.Place != "" && (s.DumpedAt == nil || s.Now.Sub(*s.DumpedAt) > Late)
}

// State asks for it.
func (r *Recovery) State(ctx context.Context) (s State, err error) {
	s.Now = r.clock.Now()
	err = r.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `SELECT place, dumped_at, dump_bytes, dump_failure, quarantined_at, recovered_from FROM recovery_state`).
			Scan(&s.Place, &s.DumpedAt, &s.Bytes, &s.Failure, &s.QuarantinedAt, &s.RecoveredFrom)
		if db.NoRows(err) { // brought back in part: see queue.Gate
			s.QuarantinedAt = &s.Now
			return nil
		}
		return err
	})
	if err != nil {
		return s, fmt.Errorf("state of the installation: %w", err)
	}
	return s, nil
}
