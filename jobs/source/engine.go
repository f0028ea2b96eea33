package source

import (
	"context"
	"time"

	"levqor/jobs/source/bucket"
	"levqor/jobs/source/postgres"
	"levqor/jobs/source/tree"
	"levqor/jobs/vault/kopia"
)

// Engine is what one kind of source knows how to do. Failures carry a class; a
// source that fails half-way is a failed backup, never a small one.
type Engine interface {
	// Test tries the access step by step and reports each step as it ends. The
	// error is that of the failed step; later steps are reported as not tried.
	Test(ctx context.Context, s Spec, report func(Step)) (Facts, error)
	// Backup puts the source into w and returns what was in it. Hand p.Vault to
	// kopia's Write, so that p shows all of it.
	Backup(ctx context.Context, s Spec, w *kopia.Writer, now time.Time, p *Meter) (Truth, error)
	// Restore brings a snapshot back. It leaves nothing half-done behind where
	// the target allows that, and says in Restored what is where.
	Restore(ctx context.Context, from Stored, to Target, now time.Time, p *Meter) (Restored, error)
	// Prove restores into scratch space and compares with the truth of the
	// snapshot's moment. A difference is a check that is not OK, not an error; what
	// can't be made or compared there is a note. log tells the task's log.
	Prove(ctx context.Context, from Stored, scratch Scratch, asserts []Assertion, takenAt time.Time, p *Meter, log Log) (Proven, error)
}

// Proven is what a proof found, as far as it came.
type Proven struct {
	Checks []Check
	Notes  []Note        // what the proof does not speak of, each by name
	Took   time.Duration // of the restore alone
}

// Log adds a line to a task's log: a locale key with pairs for it.
type Log func(ctx context.Context, key string, pairs ...any) error

// Stored is a snapshot with what it was recorded to hold.
type Stored struct {
	Repo     *kopia.Repository
	Manifest string
	Truth    Truth
	// Partial is of a copy that is known not to be sound: a restore brings back what
	// can be read and names what is left out. Of any other that is a failure (damaged).
	Partial bool
}

// Truth is what a source held at a snapshot's moment; it is kept with the snapshot.
type Truth struct {
	Kind     Kind            `json:"kind"`
	Rows     *int64          `json:"rows,omitempty"` // databases only
	Tables   int64           `json:"tables,omitempty"`
	Files    int64           `json:"files,omitempty"` // or objects
	Bytes    int64           `json:"bytes"`           // as the source has them
	Postgres *postgres.Truth `json:"postgres,omitempty"`
	Tree     *tree.Truth     `json:"tree,omitempty"`
	Notes    []Note          `json:"notes,omitempty"` // what the backup leaves out
	// Uncovered is how much of the source, in databases, nobody chose to leave
	// out and the backup does not hold: such a source is not protected.
	Uncovered int `json:"uncovered,omitempty"`
}

// Target says where a snapshot comes back: exactly one of Postgres, Folder, Bucket.
type Target struct {
	Postgres *postgres.Target // its own fields say names, tables and whether live databases are replaced
	Folder   string           // new or empty, unless Live
	Bucket   *bucket.Config   // nothing below its prefix, unless Live
	Paths    []string         // of folders and buckets: only these files and folders; empty: all
	Live     bool             // what is there may be replaced; what the snapshot lacks is left alone

	// Of a bucket where nothing was before: Begin is called before the first object is
	// written; Resumed says that an earlier attempt got there. Held is asked before
	// anything is removed.
	Begin   func(ctx context.Context) error
	Resumed bool
	Held    func(ctx context.Context) error
}

// Restored says what a restore left behind.
type Restored struct {
	Names map[string]string `json:"names,omitempty"` // database of the snapshot → its name now
	Kept  map[string]string `json:"kept,omitempty"`  // replaced database → the name of its old state
	Place string            `json:"place,omitempty"` // the folder, or bucket and prefix
	Rows  int64             `json:"rows,omitempty"`
	Short int64             `json:"short,omitempty"` // rows that did not come back: the notes name their tables
	Files int64             `json:"files,omitempty"`
	Lost  int64             `json:"lost,omitempty"` // files that the vault can't give back
	Bytes int64             `json:"bytes,omitempty"`
	Notes []Note            `json:"notes,omitempty"`
}

// Note names what a test, a backup or a proof leaves out, or a restore did not
// bring back.
type Note = postgres.Note

// Scratch is the throw-away space of a drill. Dir is new or empty and belongs to
// the caller, who removes it.
type Scratch struct {
	Dir         string
	PostgresBin string // as configured; empty: found
	Full        bool   // of folders and buckets: every file, not a sample
}

// Assertion is a customer's own question to a restored database.
type Assertion struct {
	Name     string `json:"name"`
	Database string `json:"database"`
	Query    string `json:"query"`
}

// Check groups; their words are drill.check.<group>.
const (
	GroupFiles    = "files"
	GroupHash     = "hash"
	GroupReadable = "readable"
)

// Check is one comparison of what was recorded with what came back. Total and
// Good count what it stands for: rows of one table, or 1.
type Check struct {
	Group    string
	Name     string
	Recorded string
	Restored string
	Total    int
	Good     int
	OK       bool
	Detail   string
}
