package sources

import (
	"context"

	"github.com/a-h/templ"

	"levqor/jobs/source"
	"levqor/jobs/source/bucket"
	"levqor/jobs/source/folder"
	"levqor/jobs/source/postgres"
	"levqor/locales"
	"levqor/views/parts"
)

var kinds = []source.Kind{source.Postgres, source.S3, source.Folder}

func (f Form) action() templ.SafeURL {
	if f.Source == nil {
		return "/sources"
	}
	return url(f.Source.ID, "")
}

// grantURL answers with the grant for what is being typed.
func (f Form) grantURL() string {
	if f.Source == nil {
		return "/sources/new?kind=" + string(f.Kind)
	}
	return string(url(f.Source.ID, "/settings"))
}

// grantFields are what the grant names.
func (f Form) grantFields() (include, trigger string) {
	ids := map[source.Kind][]string{source.Folder: {"#f-path"}, source.Postgres: {"#f-user"}, source.S3: {"#f-bucket", "#f-prefix"}}[f.Kind]
	for i, id := range ids {
		if i > 0 {
			include, trigger = include+", ", trigger+", "
		}
		include, trigger = include+id, trigger+"input delay:250ms from:"+id
	}
	return include, trigger
}

func (f Form) hasSecret() bool { return f.Source != nil && f.Source.HasSecret }

func (f Form) isSample() bool { return f.Source != nil && f.Source.IsSample }

func (f Form) button(ctx context.Context) string {
	switch {
	case f.Source == nil:
		return locales.T(ctx, "sources.form.add")
	case f.isSample():
		return locales.T(ctx, "sources.form.save_name")
	default:
		return locales.T(ctx, "sources.form.save")
	}
}

func secretHint(ctx context.Context, f Form) string {
	switch {
	case f.Forgotten:
		return locales.T(ctx, "sources.form.secret_again")
	case f.hasSecret():
		return locales.T(ctx, "sources.form.secret_kept")
	default:
		return locales.T(ctx, "sources.form.secret_hint")
	}
}

func tlsOptions(ctx context.Context) []parts.Option {
	var options []parts.Option
	for _, mode := range []string{postgres.TLSVerify, postgres.TLSRequire, postgres.TLSPrefer, postgres.TLSDisable} {
		options = append(options, parts.Option{Value: mode, Label: locales.T(ctx, "sources.tls."+mode)})
	}
	return options
}

func grantSQL(f Form, before14 bool) string {
	user := f.Value("user")
	if user == "" {
		user = "levqor_backup"
	}
	if before14 {
		return postgres.GrantSQLBefore14(user, "")
	}
	return postgres.GrantSQL(user, "")
}

func bucketPolicy(f Form) string {
	name := f.Value("bucket")
	if name == "" {
		name = "your-bucket"
	}
	return bucket.ReadPolicy(name, f.Value("prefix"))
}

func folderCommands(f Form) string {
	path := f.Value("path")
	if path == "" && len(f.Roots) > 0 {
		path = f.Roots[0]
	}
	return folder.GrantCommands(f.User, path)
}
