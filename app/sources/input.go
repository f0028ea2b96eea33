package sources

import (
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"levqor/jobs/secret"
	"levqor/jobs/source"
	"levqor/jobs/source/bucket"
	"levqor/jobs/source/folder"
	"levqor/jobs/source/postgres"
)

// fields of the form that may be shown again. Secrets are none of them.
var fields = []string{"access_key", "bucket", "ca", "databases", "endpoint", "exclude", "exclude_databases", "host", "name", "path", "port", "prefix", "region", "tls", "user"}

// typed are the fields as the form, or the address, sends them; those that were
// not sent are as before.
func typed(c *fiber.Ctx, before map[string]string) map[string]string {
	values := map[string]string{}
	for _, name := range fields {
		values[name] = before[name]
		if c.Request().PostArgs().Has(name) || c.Request().URI().QueryArgs().Has(name) {
			values[name] = strings.TrimSpace(strings.ReplaceAll(c.FormValue(name), "\r\n", "\n"))
		}
	}
	return values
}

// fresh is what the form of a new source begins with.
func fresh() map[string]string {
	return map[string]string{"port": "5432", "tls": postgres.TLSVerify, "user": "levqor_backup"}
}

// stored is a source's access as its form shows it.
func stored(s source.Source) map[string]string {
	values := map[string]string{"name": s.Name}
	switch c := s.Config; {
	case c.Postgres != nil:
		values["host"], values["port"], values["user"] = c.Postgres.Host, strconv.Itoa(c.Postgres.Port), c.Postgres.User
		values["tls"], values["ca"] = c.Postgres.TLS, c.Postgres.CA
		values["exclude_databases"] = strings.Join(c.Postgres.ExcludeDatabases, "\n")
		values["databases"], values["exclude"] = strings.Join(c.Postgres.Databases, "\n"), strings.Join(c.Postgres.Exclude, "\n")
	case c.Folder != nil:
		values["path"], values["exclude"] = c.Folder.Path, strings.Join(c.Folder.Exclude, "\n")
	case c.Bucket != nil:
		values["endpoint"], values["region"] = c.Bucket.Endpoint, c.Bucket.Region
		values["bucket"], values["prefix"], values["access_key"] = c.Bucket.Bucket, c.Bucket.Prefix, c.Bucket.AccessKey
	}
	return values
}

// input is the source that the values, and the secret sent with them, ask for.
func input(c *fiber.Ctx, kind source.Kind, v map[string]string) source.Input {
	in := source.Input{Name: v["name"], Kind: kind}
	switch kind {
	case source.Postgres:
		port, _ := strconv.Atoi(v["port"]) // what is no number is no port either
		in.Config.Postgres = &postgres.Config{Host: v["host"], Port: port, User: v["user"], TLS: v["tls"], CA: v["ca"],
			Databases: lines(v["databases"]), ExcludeDatabases: lines(v["exclude_databases"]), Exclude: lines(v["exclude"])}
		in.Secret = secret.Text(c.FormValue("password"))
	case source.Folder:
		in.Config.Folder = &folder.Config{Path: v["path"], Exclude: lines(v["exclude"])}
	case source.S3:
		in.Config.Bucket = &bucket.Config{Endpoint: v["endpoint"], Region: v["region"], Bucket: v["bucket"], Prefix: v["prefix"], AccessKey: v["access_key"]}
		in.Secret = secret.Text(strings.TrimSpace(c.FormValue("secret_key")))
	}
	return in
}

func lines(text string) (found []string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			found = append(found, line)
		}
	}
	return found
}

// revisionOf is what the form was made from; a form that does not say it gets
// one that is never the newest.
func revisionOf(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return -1
	}
	return n
}
