package source

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"levqor/jobs/fail"
	"levqor/jobs/source/bucket"
	"levqor/jobs/source/folder"
	"levqor/jobs/source/postgres"
)

const maxName = 80

// check names every wrong field at once and tidies what is right. kept says that
// a secret is stored already.
func (in *Input) check(o Options, kept bool) error {
	var form fail.Form
	form.Check(strings.TrimSpace(in.Name) != "" && len([]rune(in.Name)) <= maxName && !strings.ContainsAny(in.Name, "\x00\n\r"), "name", "source.field.name", "max", maxName)
	switch c := in.Config; {
	case in.Kind == Postgres && c.Postgres != nil:
		with := *c.Postgres
		with.Password = in.Secret.Reveal()
		adopt(&form, with.Validate())
	case in.Kind == Folder && c.Folder != nil:
		with := *c.Folder
		with.Path = o.Roots.Check(&form, "path", with.Path)
		adopt(&form, with.Validate())
		in.Config.Folder = &with
	case in.Kind == S3 && c.Bucket != nil:
		with := *c.Bucket
		with.SecretKey = in.Secret.Reveal()
		adopt(&form, with.Validate(o.Dial.Policy))
		form.Check(in.Secret != "" || kept, "secret_key", "source.field.secret_key")
		in.Config.Bucket = with.Tidy()
	default:
		form.Add("kind", "source.field.kind")
	}
	return form.Err()
}

// adopt takes the wrong fields of an engine's own configuration into the form.
func adopt(form *fail.Form, err error) {
	f, ok := errors.AsType[*fail.Error](err)
	if !ok {
		return
	}
	for _, field := range f.Fields {
		pairs := make([]any, 0, 2*len(field.Args))
		for name, value := range field.Args {
			pairs = append(pairs, name, value)
		}
		form.Add(field.Name, field.Key, pairs...)
	}
}

// encode is the part of the kind, which holds no secret.
func (c Config) encode(kind Kind) (json.RawMessage, error) {
	switch kind {
	case Folder:
		return json.Marshal(c.Folder)
	case Postgres:
		return json.Marshal(c.Postgres)
	}
	return json.Marshal(c.Bucket)
}

func decode(kind Kind, raw json.RawMessage) (c Config, err error) {
	switch kind {
	case Folder:
		c.Folder = &folder.Config{}
		err = json.Unmarshal(raw, c.Folder)
	case Postgres:
		c.Postgres = &postgres.Config{}
		err = json.Unmarshal(raw, c.Postgres)
	case S3:
		c.Bucket = &bucket.Config{}
		err = json.Unmarshal(raw, c.Bucket)
	}
	if err != nil {
		return c, fmt.Errorf("read the settings of a source: %w", err)
	}
	return c, nil
}

// host is where the secret is sent to: it may not silently change.
func (c Config) host() string {
	switch {
	case c.Postgres != nil:
		return c.Postgres.Host
	case c.Bucket != nil:
		return c.Bucket.Endpoint
	}
	return ""
}
