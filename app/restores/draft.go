package restores

import (
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/valyala/fasthttp"

	"levqor/jobs/restore"
	"levqor/jobs/secret"
	"levqor/jobs/source"
	views "levqor/views/restores"
)

// fields are what was sent: a form, or the address of a draft to come back to.
type fields struct{ args *fasthttp.Args }

func formOf(c *fiber.Ctx) fields { return fields{c.Request().PostArgs()} }

func queryOf(c *fiber.Ctx) fields { return fields{c.Context().QueryArgs()} }

func (f fields) one(name string) string { return strings.TrimSpace(string(f.args.Peek(name))) }

func (f fields) secret(name string) secret.Text { return secret.Text(string(f.args.Peek(name))) }

func (f fields) all(name string) (values []string) {
	for _, raw := range f.args.PeekMulti(name) {
		values = append(values, string(raw))
	}
	return values
}

// names pairs the databases of the form with the names beside them.
func (f fields) names(field string) map[string]string {
	databases, names := f.all("database"), f.all(field)
	paired := map[string]string{}
	for i, database := range databases {
		if i < len(names) {
			paired[database] = strings.TrimSpace(names[i])
		}
	}
	return paired
}

func (f fields) draft() views.Draft {
	port, _ := strconv.Atoi(f.one("server_port")) // what is no number is 0, which the domain refuses
	return views.Draft{
		To: views.To(f.one("to")), Paths: f.all("path"),
		CopyNames: f.names("copy_name"), ServerNames: f.names("server_name"),
		ServerSource: f.one("server_source"), BucketSource: f.one("bucket_source"),
		Server: restore.Server{Host: f.one("server_host"), Port: port, User: f.one("server_user"), TLS: f.one("server_tls"), CA: f.one("server_ca")},
		Bucket: restore.Store{Endpoint: f.one("bucket_endpoint"), Region: f.one("bucket_region"), Bucket: f.one("bucket_bucket"), AccessKey: f.one("bucket_access_key")},
		Prefix: f.one("prefix"), CopyPrefix: f.one("copy_prefix"), Folder: f.one("folder"),
	}
}

// input is the order that the form asks for, secrets included.
func (f fields) input(c restore.Choice) restore.Input {
	d := f.draft()
	in := restore.Input{SnapshotID: c.SnapshotID, Paths: d.Paths}
	switch d.To {
	case views.ToBucket:
		in.Kind, in.Prefix = restore.Bucket, d.Prefix
		if in.SourceID = connected(d.BucketSource); in.SourceID == uuid.Nil {
			typed := d.Bucket
			typed.Secret, in.Bucket = f.secret("bucket_secret_key"), &typed
		}
	case views.ToCopy:
		in.Kind, in.Names, in.Prefix = ownKind(c), d.CopyNames, d.CopyPrefix
	case views.ToDownload:
		in.Kind = restore.Download
	case views.ToFolder:
		in.Kind, in.Folder = restore.Folder, d.Folder
	case views.ToLive:
		in.Kind, in.OverLive, in.Confirm = ownKind(c), true, f.one("confirm")
	case views.ToServer:
		in.Kind, in.Names = restore.Database, d.ServerNames
		if in.SourceID = connected(d.ServerSource); in.SourceID == uuid.Nil {
			typed := d.Server
			typed.Password, in.Server = f.secret("server_password"), &typed
		}
	}
	return in
}

// connected is the chosen source; uuid.Nil for an address that is typed.
func connected(value string) uuid.UUID {
	id, err := uuid.Parse(value)
	if err != nil {
		return uuid.Nil
	}
	return id
}

// ownKind is what the source itself is made of.
func ownKind(c restore.Choice) restore.TargetKind {
	switch source.Kind(c.SourceKind) {
	case source.Postgres:
		return restore.Database
	case source.S3:
		return restore.Bucket
	default:
		return restore.Folder
	}
}
