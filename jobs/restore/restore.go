// Package restore brings copies back: as a download, into a database, a folder
// or a bucket, beside what is there or, confirmed twice, over it.
//
// Whoever may operate may restore, always. Nothing that exists is touched
// unless Input.OverLive says so, and then today's state is kept beside it. A
// restore that is canceled or fails leaves nothing half-done.
package restore

import (
	"time"

	"github.com/google/uuid"

	"levqor/jobs/secret"
	"levqor/jobs/source"
	"levqor/jobs/task"
)

// TargetKind says where a copy comes back.
type TargetKind string

const (
	Bucket   TargetKind = "bucket"   // files into a bucket
	Database TargetKind = "database" // a database copy onto a server
	Download TargetKind = "download" // streamed to whoever asks, nothing is written
	Folder   TargetKind = "folder"   // files into a folder of the workers' machine
)

// Root is the prefix by which objects go to the top of a bucket, which must be
// empty, under the very keys that they had.
const Root = "/"

// Input is what a person chose. Wrong fields are named as in the comments.
type Input struct {
	SnapshotID uuid.UUID
	Kind       TargetKind        // kind
	Paths      []string          // paths: of Table.Path for databases, of files and folders else; empty: everything
	OverLive   bool              // over_live: replace what the source holds now
	Confirm    string            // confirm: the source's name, typed, when OverLive
	SourceID   uuid.UUID         // source_id: a connected server or bucket; zero: the copy's own, or a typed one
	Names      map[string]string // names: database of the copy → its new name; empty: all, named by NewName
	Server     *Server           // server_…: an address that no source has
	Bucket     *Store            // bucket_…: a bucket that no source has
	Prefix     string            // prefix: where in the bucket; empty picks a new one, Root is the bucket itself
	Folder     string            // folder: an absolute path in the allowed roots that is empty or not there yet
}

// Server is a typed address of a PostgreSQL server. TLS is one of disable,
// prefer, require, verify.
type Server struct {
	Host     string      `json:"host"`
	Port     int         `json:"port"`
	User     string      `json:"user"`
	Password secret.Text `json:"-"`
	TLS      string      `json:"tls"`
	CA       string      `json:"ca,omitempty"`
}

// Store is a typed S3-compatible bucket.
type Store struct {
	Endpoint  string      `json:"endpoint"`
	Region    string      `json:"region"`
	Bucket    string      `json:"bucket"`
	AccessKey string      `json:"access_key"`
	Secret    secret.Text `json:"-"`
}

// Target is where a restore goes, as it is kept: without secrets.
type Target struct {
	Place    string            `json:"place"` // as people read it: host:port, s3://bucket/prefix, a path
	SourceID *uuid.UUID        `json:"source_id,omitempty"`
	Server   *Server           `json:"server,omitempty"`
	Names    map[string]string `json:"names,omitempty"`
	Bucket   *Store            `json:"bucket,omitempty"`
	Prefix   string            `json:"prefix,omitempty"`
	Folder   string            `json:"folder,omitempty"`
}

// Result is what came back. Kept names what was replaced and under which name
// its state before the restore still is.
type Result struct {
	Rows   int64             `json:"rows,omitempty"`
	Tables int64             `json:"tables,omitempty"`
	Files  int64             `json:"files,omitempty"`
	Bytes  int64             `json:"bytes,omitempty"`
	Names  map[string]string `json:"names,omitempty"`
	Kept   map[string]string `json:"kept,omitempty"`
	Undo   *uuid.UUID        `json:"undo,omitempty"` // the backup that kept what files and buckets held before
	Notes  []Note            `json:"notes,omitempty"`
}

// Note is something to know about what came back, such as roles whose password
// must be set again.
type Note = source.Note

// Restore is one restore as people see it.
type Restore struct {
	task.Task
	SnapshotID uuid.UUID
	TakenAt    time.Time
	SourceID   uuid.UUID
	SourceKind string
	Kind       TargetKind
	Target     Target
	Paths      []string
	OverLive   bool
	Result     Result
}

// Download reports whether its link works now: for a week from the order.
func (r Restore) Download(now time.Time) bool {
	return r.Kind == Download && now.Before(r.CreatedAt.Add(DownloadFor))
}

// DownloadFor is how long the link of a download works.
const DownloadFor = 7 * 24 * time.Hour

func (k TargetKind) valid() bool {
	return k == Bucket || k == Database || k == Download || k == Folder
}

// fits reports whether a copy of that kind of source can come back there.
func (k TargetKind) fits(sourceKind string) bool {
	switch k {
	case Database:
		return sourceKind == "postgres"
	case Bucket:
		return sourceKind != "postgres"
	}
	return k.valid()
}
