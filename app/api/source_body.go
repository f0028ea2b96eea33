package api

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"levqor/jobs/drill"
	"levqor/jobs/fail"
	"levqor/jobs/secret"
	"levqor/jobs/source"
	"levqor/jobs/source/bucket"
	"levqor/jobs/source/folder"
	"levqor/jobs/source/postgres"
)

// Source is what customers protect. The fields of its kind are set; secrets never are.
type Source struct {
	ID         uuid.UUID        `json:"id" format:"uuid"`
	Name       string           `json:"name"`
	Kind       source.Kind      `json:"kind" enum:"folder,postgres,s3"`
	CreatedAt  time.Time        `json:"created_at"`
	Revision   int              `json:"revision"`
	HasSecret  bool             `json:"has_secret" doc:"A password or secret key is stored. Nobody can read it back."`
	IsSample   bool             `json:"is_sample"`
	TestedAt   *time.Time       `json:"tested_at" doc:"When a test last went well."`
	Facts      SourceFacts      `json:"facts" doc:"What the last good test saw."`
	Protection SourceProtection `json:"protection" doc:"By the one rule that every page goes by."`
	Test       *SourceTest      `json:"test,omitempty" doc:"The newest test."`
	SourceAccess
}

// SourceProtection says whether a source is protected: only proven is.
type SourceProtection struct {
	State      drill.Protection `json:"state" enum:"copy_old,drill_failed,incomplete,no_copy,no_plan,paused,proof_failed,proof_old,proven,shape_changed,unproven"`
	ProvenAt   *time.Time       `json:"proven_at,omitempty" doc:"When a drill last passed."`
	NewestCopy *time.Time       `json:"newest_copy,omitempty" doc:"When the newest good copy was taken."`
	Needed     bool             `json:"needs_attention" doc:"A person has to do something about it."`
}

// SourceFacts are counts; more says that counting ended early.
type SourceFacts struct {
	Version   string `json:"version,omitempty"`
	Databases int    `json:"databases,omitempty"`
	Tables    int    `json:"tables,omitempty"`
	Files     int64  `json:"files,omitempty"`
	Bytes     int64  `json:"bytes,omitempty"`
	More      bool   `json:"more,omitempty"`
	Notes     []Note `json:"notes,omitempty" doc:"What a backup would leave out."`
}

// SourceAccess is how a source is reached, without its secret.
type SourceAccess struct {
	Host             *string  `json:"host,omitempty" maxLength:"255" doc:"postgres: name or address of the server."`
	Port             *int     `json:"port,omitempty" minimum:"1" maximum:"65535" doc:"postgres: 5432 unless given."`
	User             *string  `json:"user,omitempty" maxLength:"63" doc:"postgres: the role that reads."`
	Databases        []string `json:"databases,omitempty" maxItems:"500" doc:"postgres: only these; all of them unless given."`
	ExcludeDatabases []string `json:"exclude_databases,omitempty" maxItems:"500" doc:"postgres: left out by name; every other one must be in a backup."`
	TLS              *string  `json:"tls,omitempty" enum:"disable,prefer,require,verify" doc:"postgres: prefer unless given; verify checks the certificate."`
	CA               *string  `json:"ca,omitempty" maxLength:"65536" doc:"postgres: an own authority in PEM, for tls verify."`
	Path             *string  `json:"path,omitempty" maxLength:"4096" doc:"folder: a whole path in a folder that the operator allowed."`
	Exclude          []string `json:"exclude,omitempty" maxItems:"500" doc:"postgres: tables, as schema.table; folder: patterns, as *.tmp or cache/."`
	Endpoint         *string  `json:"endpoint,omitempty" maxLength:"512" doc:"s3: https://host; Amazon's unless given."`
	Region           *string  `json:"region,omitempty" maxLength:"64" doc:"s3"`
	Bucket           *string  `json:"bucket,omitempty" maxLength:"255" doc:"s3"`
	Prefix           *string  `json:"prefix,omitempty" maxLength:"512" doc:"s3: only what begins so."`
	AccessKey        *string  `json:"access_key,omitempty" maxLength:"256" doc:"s3"`
}

// SourceInput is a source to add, or what one becomes.
type SourceInput struct {
	Name string      `json:"name" minLength:"1" maxLength:"80"`
	Kind source.Kind `json:"kind" enum:"folder,postgres,s3"`
	SourceAccess
	SourceSecret
}

// SourcePatch changes what it names.
type SourcePatch struct {
	Name *string `json:"name,omitempty" minLength:"1" maxLength:"80"`
	SourceAccess
	SourceSecret
}

// SourceSecret is only ever written. Left out of a change, what is stored stays.
type SourceSecret struct {
	Password  *string `json:"password,omitempty" maxLength:"1024" writeOnly:"true" doc:"postgres"`
	SecretKey *string `json:"secret_key,omitempty" maxLength:"1024" writeOnly:"true" doc:"s3"`
}

func (s SourceSecret) text(kind source.Kind) secret.Text {
	given := map[source.Kind]*string{source.Postgres: s.Password, source.S3: s.SecretKey}[kind]
	if given == nil {
		return ""
	}
	return secret.Text(*given)
}

// input is the source with what a and s say; the rest stays as it was.
func input(name string, kind source.Kind, was source.Config, a SourceAccess, s SourceSecret) (source.Input, error) {
	if err := a.fits(kind, s); err != nil {
		return source.Input{}, err
	}
	return source.Input{Name: name, Kind: kind, Config: a.onto(kind, was), Secret: s.text(kind)}, nil
}

// onto lays the access over the settings that were; new ones begin with defaults.
func (a SourceAccess) onto(kind source.Kind, was source.Config) source.Config {
	switch kind {
	case source.Folder:
		c := over(was.Folder, folder.Config{})
		set(&c.Path, a.Path)
		setList(&c.Exclude, a.Exclude)
		return source.Config{Folder: c}
	case source.Postgres:
		c := over(was.Postgres, postgres.Config{Port: 5432, TLS: postgres.TLSPrefer})
		set(&c.Host, a.Host)
		set(&c.Port, a.Port)
		set(&c.User, a.User)
		setList(&c.Databases, a.Databases)
		setList(&c.ExcludeDatabases, a.ExcludeDatabases)
		set(&c.TLS, a.TLS)
		set(&c.CA, a.CA)
		setList(&c.Exclude, a.Exclude)
		return source.Config{Postgres: c}
	default:
		c := over(was.Bucket, bucket.Config{})
		set(&c.Endpoint, a.Endpoint)
		set(&c.Region, a.Region)
		set(&c.Bucket, a.Bucket)
		set(&c.Prefix, a.Prefix)
		set(&c.AccessKey, a.AccessKey)
		return source.Config{Bucket: c}
	}
}

// fits refuses fields of another kind, which would be lost without a word.
func (a SourceAccess) fits(kind source.Kind, s SourceSecret) error {
	database, files, store := []source.Kind{source.Postgres}, []source.Kind{source.Folder}, []source.Kind{source.S3}
	var form fail.Form
	for _, f := range []struct {
		name  string
		given bool
		of    []source.Kind
	}{
		{"access_key", a.AccessKey != nil, store},
		{"bucket", a.Bucket != nil, store},
		{"ca", a.CA != nil, database},
		{"databases", a.Databases != nil, database},
		{"endpoint", a.Endpoint != nil, store},
		{"exclude", a.Exclude != nil, []source.Kind{source.Folder, source.Postgres}},
		{"exclude_databases", a.ExcludeDatabases != nil, database},
		{"host", a.Host != nil, database},
		{"password", s.Password != nil, database},
		{"path", a.Path != nil, files},
		{"port", a.Port != nil, database},
		{"prefix", a.Prefix != nil, store},
		{"region", a.Region != nil, store},
		{"secret_key", s.SecretKey != nil, store},
		{"tls", a.TLS != nil, database},
		{"user", a.User != nil, database},
	} {
		form.Check(!f.given || slices.Contains(f.of, kind), f.name, "api.field.other_kind", "kind", string(kind))
	}
	return form.Err()
}

func accessOf(c source.Config) SourceAccess {
	switch {
	case c.Folder != nil:
		return SourceAccess{Path: &c.Folder.Path, Exclude: c.Folder.Exclude}
	case c.Postgres != nil:
		p := c.Postgres
		return SourceAccess{Host: &p.Host, Port: &p.Port, User: &p.User, Databases: p.Databases, ExcludeDatabases: p.ExcludeDatabases, TLS: &p.TLS, CA: given(p.CA), Exclude: p.Exclude}
	case c.Bucket != nil:
		b := c.Bucket
		return SourceAccess{Endpoint: given(b.Endpoint), Region: given(b.Region), Bucket: &b.Bucket, Prefix: given(b.Prefix), AccessKey: &b.AccessKey}
	}
	return SourceAccess{}
}

// over is a copy of what was, or else the default.
func over[T any](was *T, otherwise T) *T {
	if was != nil {
		otherwise = *was
	}
	return &otherwise
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

func setList(to *[]string, from []string) {
	if from != nil {
		*to = from
	}
}

// given is nil for an empty text, which the answer leaves out.
func given(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
