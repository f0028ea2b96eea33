package api

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"

	"levqor/jobs/fail"
	"levqor/jobs/restore"
	"levqor/jobs/secret"
	"levqor/views/parts"
)

// Restore brings a snapshot back.
type Restore struct {
	Task
	SnapshotID  uuid.UUID          `json:"snapshot_id" format:"uuid"`
	TakenAt     time.Time          `json:"taken_at" doc:"When that snapshot was taken."`
	SourceID    uuid.UUID          `json:"source_id" format:"uuid"`
	SourceName  string             `json:"source_name"`
	SourceKind  string             `json:"source_kind" enum:"folder,postgres,s3"`
	TargetKind  restore.TargetKind `json:"target_kind" enum:"bucket,database,download,folder"`
	Target      RestoreTarget      `json:"target"`
	Paths       []string           `json:"paths"`
	OverLive    bool               `json:"over_live"`
	Result      RestoreResult      `json:"result"`
	DownloadURL *string            `json:"download_url" doc:"Of a download, for a week."`
}

// RestoreTarget is where it goes, without secrets.
type RestoreTarget struct {
	Place    string            `json:"place" doc:"As people read it: host:port, s3://bucket/prefix, a path."`
	SourceID *uuid.UUID        `json:"source_id,omitempty" format:"uuid"`
	Server   *restore.Server   `json:"server,omitempty"`
	Names    map[string]string `json:"names,omitempty" doc:"Database of the copy to its name there."`
	Bucket   *restore.Store    `json:"bucket,omitempty"`
	Prefix   string            `json:"prefix,omitempty"`
	Folder   string            `json:"folder,omitempty"`
}

// RestoreResult is what came back. Kept names what was replaced, and under which
// name its state before the restore still is.
type RestoreResult struct {
	Rows   int64             `json:"rows,omitempty"`
	Tables int64             `json:"tables,omitempty"`
	Files  int64             `json:"files,omitempty"`
	Bytes  int64             `json:"bytes,omitempty"`
	Names  map[string]string `json:"names,omitempty"`
	Kept   map[string]string `json:"kept,omitempty"`
	Undo   *uuid.UUID        `json:"undo,omitempty" format:"uuid" doc:"The backup that kept what was there before."`
	Notes  []string          `json:"notes,omitempty"`
}

// RestoreInput says where a snapshot comes back. Nothing that exists is touched
// unless over_live says so.
type RestoreInput struct {
	Kind     restore.TargetKind `json:"kind" enum:"bucket,database,download,folder"`
	Paths    []string           `json:"paths,omitempty" maxItems:"1000" doc:"Files and folders, or tables as /tables lists them; everything unless given."`
	OverLive bool               `json:"over_live,omitempty" doc:"Replace what the source holds now. Needs the scope admin, and confirm."`
	Confirm  string             `json:"confirm,omitempty" maxLength:"200" doc:"With over_live: the source's name."`
	SourceID *uuid.UUID         `json:"source_id,omitempty" format:"uuid" doc:"A connected server or bucket; the copy's own unless given."`
	Names    map[string]string  `json:"names,omitempty" maxProperties:"500" doc:"Database of the copy to its new name; all of them, with the date, unless given."`
	Server   *RestoreServer     `json:"server,omitempty" doc:"A server that is no source."`
	Bucket   *RestoreBucket     `json:"bucket,omitempty" doc:"A bucket that is no source."`
	Prefix   string             `json:"prefix,omitempty" maxLength:"500" doc:"Where in the bucket; a new one unless given. A single / is the top of the bucket, which must be empty: the objects get their original keys."`
	Folder   string             `json:"folder,omitempty" maxLength:"4096" doc:"A whole path in an allowed folder, empty or not there yet."`
}

// RestoreServer is the address of a PostgreSQL server.
type RestoreServer struct {
	Host     string `json:"host" maxLength:"255"`
	Port     int    `json:"port,omitempty" minimum:"1" maximum:"65535" doc:"5432 unless given."`
	User     string `json:"user" maxLength:"63"`
	Password string `json:"password,omitempty" maxLength:"1024" writeOnly:"true"`
	TLS      string `json:"tls,omitempty" enum:"disable,prefer,require,verify" doc:"prefer unless given."`
	CA       string `json:"ca,omitempty" maxLength:"65536"`
}

// RestoreBucket is an S3-compatible bucket.
type RestoreBucket struct {
	Endpoint  string `json:"endpoint,omitempty" maxLength:"512"`
	Region    string `json:"region,omitempty" maxLength:"64"`
	Bucket    string `json:"bucket" maxLength:"255"`
	AccessKey string `json:"access_key" maxLength:"256"`
	SecretKey string `json:"secret_key" maxLength:"1024" writeOnly:"true"`
}

func (in RestoreInput) input(snapshot uuid.UUID) restore.Input {
	out := restore.Input{SnapshotID: snapshot, Kind: in.Kind, Paths: in.Paths, OverLive: in.OverLive, Confirm: in.Confirm, Names: in.Names, Prefix: in.Prefix, Folder: in.Folder}
	set(&out.SourceID, in.SourceID)
	if s := in.Server; s != nil {
		out.Server = &restore.Server{Host: s.Host, Port: s.Port, User: s.User, Password: secret.Text(s.Password), TLS: s.TLS, CA: s.CA}
		if s.Port == 0 {
			out.Server.Port = 5432
		}
		if s.TLS == "" {
			out.Server.TLS = "prefer"
		}
	}
	if b := in.Bucket; b != nil {
		out.Bucket = &restore.Store{Endpoint: b.Endpoint, Region: b.Region, Bucket: b.Bucket, AccessKey: b.AccessKey, Secret: secret.Text(b.SecretKey)}
	}
	return out
}

// inBody gives wrong fields the names that they have in the body.
func inBody(err error) error {
	f, ok := errors.AsType[*fail.Error](err)
	if !ok || len(f.Fields) == 0 {
		return err
	}
	named := *f
	named.Fields = nil
	for _, field := range f.Fields {
		switch {
		case strings.HasPrefix(field.Name, "bucket_"):
			field.Name = "bucket." + strings.TrimPrefix(field.Name, "bucket_")
		case strings.HasPrefix(field.Name, "server_"):
			field.Name = "server." + strings.TrimPrefix(field.Name, "server_")
		}
		named.Fields = append(named.Fields, field)
	}
	return &named
}

func (r *resources) restoreOf(ctx context.Context, d restore.Restore) Restore {
	out := Restore{Task: taskOf(ctx, d.Task), SnapshotID: d.SnapshotID, TakenAt: d.TakenAt.UTC(), SourceID: d.SourceID, SourceName: d.SubjectName, SourceKind: d.SourceKind,
		TargetKind: d.Kind, Target: RestoreTarget(d.Target), Paths: append([]string{}, d.Paths...), OverLive: d.OverLive,
		Result: RestoreResult{Rows: d.Result.Rows, Tables: d.Result.Tables, Files: d.Result.Files, Bytes: d.Result.Bytes, Names: d.Result.Names, Kept: d.Result.Kept, Undo: d.Result.Undo}}
	for _, note := range d.Result.Notes {
		out.Result.Notes = append(out.Result.Notes, parts.NoteText(ctx, note))
	}
	if d.Download(r.site.Services.Clock.Now()) {
		url := at("restores", d.ID) + "/download"
		out.DownloadURL = &url
	}
	return out
}
