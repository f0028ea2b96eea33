// Package source is what customers protect: databases, folders and buckets. It
// keeps how to reach them, tests it, and knows per kind how to back up, restore
// and prove.
package source

import (
	"time"

	"github.com/google/uuid"

	"levqor/jobs/clock"
	"levqor/jobs/db"
	"levqor/jobs/dial"
	"levqor/jobs/queue"
	"levqor/jobs/roots"
	"levqor/jobs/secret"
	"levqor/jobs/source/bucket"
	"levqor/jobs/source/folder"
	"levqor/jobs/source/postgres"
	"levqor/jobs/task"
)

// Kind of a source.
type Kind string

const (
	Folder   Kind = "folder"   // on this machine, below the operator's roots
	Postgres Kind = "postgres" // a server, or some of its databases
	S3       Kind = "s3"       // an S3-compatible bucket, or a prefix in it
)

// Source as people see it. Config holds no secret.
type Source struct {
	ID        uuid.UUID
	Name      string
	Kind      Kind
	Config    Config
	HasSecret bool
	IsSample  bool
	Facts     Facts      // as the last good test saw it
	TestedAt  *time.Time // last good test
	CreatedAt time.Time
	Revision  int
	Test      *Test // the newest one
}

// Config is the access to a source without its secret: the part of its kind is set.
type Config struct {
	Bucket   *bucket.Config
	Folder   *folder.Config
	Postgres *postgres.Config
}

// Input is a source as somebody wants it. Secret is the password or the bucket's
// secret key; empty on an update keeps the one that is stored.
type Input struct {
	Name   string
	Kind   Kind
	Config Config
	Secret secret.Text
}

// Spec is the access to a source with its secret, for engines. It must not be
// stored, logged or sent.
type Spec struct {
	ID        uuid.UUID
	Workspace uuid.UUID
	Name      string
	Kind      Kind
	Config    Config // ready to use: secrets, dialer and programs are set
	Facts     Facts
}

// Test is a connection test: a task with its steps so far.
type Test struct {
	task.Task
	SourceID uuid.UUID
	Steps    []Step
}

// Options are what the operator decides.
type Options struct {
	Dial        dial.Guard
	Grace       time.Duration // how long a deletion can be undone; 0: a week
	PostgresBin string        // LEVQOR_PG_BIN; empty: found where usual
	Roots       roots.Roots
}

// Sources is the line's work.
type Sources struct {
	db      *db.DB
	queue   *queue.Queue
	clock   *clock.Clock
	box     *secret.Box
	runner  *task.Runner
	options Options
	sample  SampleServer
}

// New makes the line.
func New(d *db.DB, q *queue.Queue, c *clock.Clock, box *secret.Box, r *task.Runner, o Options) *Sources {
	return &Sources{db: d, queue: q, clock: c, box: box, runner: r, options: o}
}

// Roots are the folders of this machine that the operator allows; none: no
// source can be a folder.
func (s *Sources) Roots() roots.Roots { return s.options.Roots }
