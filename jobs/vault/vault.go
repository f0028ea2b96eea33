// Package vault is where snapshots are kept: encrypted repositories on a disk or
// in a bucket, each with one key that its recovery kit holds too.
package vault

import (
	"path/filepath"
	"time"

	"github.com/google/uuid"

	"levqor/jobs/clock"
	"levqor/jobs/db"
	"levqor/jobs/dial"
	"levqor/jobs/queue"
	"levqor/jobs/roots"
	"levqor/jobs/secret"
	"levqor/jobs/task"
	"levqor/jobs/timecheck"
)

// Kind of place that holds a vault.
type Kind string

const (
	Filesystem Kind = "filesystem"
	S3         Kind = "s3"
)

// State of a vault. Only a ready one takes snapshots.
type State string

const (
	Creating State = "creating"
	Failed   State = "failed" // its set-up failed; see Setup
	Ready    State = "ready"
)

// Location is where a vault is, without secrets.
type Location struct {
	Path    string `json:"path,omitempty"`    // filesystem
	Managed bool   `json:"managed,omitempty"` // Path is Levqor's own choice, in its data folder

	Endpoint  string `json:"endpoint,omitempty"` // s3: https://host[:port]; empty is Amazon's
	Region    string `json:"region,omitempty"`
	Bucket    string `json:"bucket,omitempty"`
	Prefix    string `json:"prefix,omitempty"`
	AccessKey string `json:"access_key,omitempty"`
}

// Vault as people see it. Sizes are bytes.
type Vault struct {
	ID              uuid.UUID
	Name            string
	Kind            Kind
	Location        Location
	State           State
	CreatedAt       time.Time
	UsedBytes       *int64 // as last measured
	MeasuredAt      *time.Time
	FullUpkeepAt    *time.Time
	VerifiedAt      *time.Time // last share of its content was read back
	Damage          []Damage   // what the verifications found
	KitDownloadedAt *time.Time
	Revision        int
	Plans           int
	Snapshots       int
	Task            *task.Task // the newest set-up or upkeep
}

// Damage is a piece of a vault that no longer is what was written.
type Damage struct {
	Blob    string    `json:"blob"` // file or object that holds it
	Reason  string    `json:"reason"`
	FoundAt time.Time `json:"found_at"`
}

// Input is a vault as somebody wants it. A filesystem vault without a Path lives
// in Levqor's data folder.
type Input struct {
	Name      string
	Kind      Kind
	Path      string
	Endpoint  string
	Region    string
	Bucket    string
	Prefix    string
	AccessKey string
	SecretKey secret.Text // empty on an update keeps the stored one
}

// Options are what the operator decides.
type Options struct {
	DataDir string // managed vaults and caches
	Dial    dial.Guard
	Roots   roots.Roots
}

// Vaults is the line's work.
type Vaults struct {
	db      *db.DB
	queue   *queue.Queue
	clock   *clock.Clock
	box     *secret.Box
	runner  *task.Runner
	options Options
	readers readers
	watch   *timecheck.Watch
}

// New makes the line.
func New(d *db.DB, q *queue.Queue, c *clock.Clock, box *secret.Box, r *task.Runner, o Options) *Vaults {
	return &Vaults{db: d, queue: q, clock: c, box: box, runner: r, options: o, watch: timecheck.New(d, c)}
}

func (v *Vaults) managedDir(id uuid.UUID) string {
	return filepath.Join(v.options.DataDir, "vaults", id.String())
}

func (v *Vaults) cacheDir(id uuid.UUID) string {
	return filepath.Join(v.options.DataDir, "cache", "vaults", id.String())
}
