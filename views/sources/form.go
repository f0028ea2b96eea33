package sources

import (
	"context"

	"github.com/a-h/templ"

	"levqor/jobs/source"
	"levqor/jobs/source/postgres"
	"levqor/locales"
	"levqor/views/home"
	"levqor/views/parts"
)

func (f Form) action() templ.SafeURL {
	if f.ID == "" {
		return "/sources"
	}
	return templ.SafeURL("/sources/" + f.ID)
}

func kindIcon(k source.Kind) string { return home.KindIcon(string(k)) }

func secretHint(ctx context.Context, f Form) string {
	if f.HasSecret {
		return locales.T(ctx, "sources.form.secret_kept")
	}
	return locales.T(ctx, "sources.form.secret_hint")
}

func tlsOptions(ctx context.Context) []parts.Option {
	var options []parts.Option
	for _, mode := range []string{postgres.TLSVerify, postgres.TLSRequire, postgres.TLSPrefer, postgres.TLSDisable} {
		options = append(options, parts.Option{Value: mode, Label: locales.T(ctx, "sources.tls."+mode)})
	}
	return options
}

// bucketPolicy grants listing and reading of one bucket, nothing else.
func bucketPolicy(f Form) string {
	bucket := f.Value("bucket")
	if bucket == "" {
		bucket = "your-bucket"
	}
	return `{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetBucketLocation"],
     "Resource": "arn:aws:s3:::` + bucket + `"},
    {"Effect": "Allow", "Action": "s3:GetObject",
     "Resource": "arn:aws:s3:::` + bucket + `/*"}
  ]
}`
}
