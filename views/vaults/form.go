package vaults

import (
	"cmp"
	"context"
	"strings"

	"github.com/google/uuid"

	"levqor/jobs/vault"
	"levqor/locales"
	"levqor/views/parts"
)

func kinds(ctx context.Context, current vault.Kind) []parts.Tab {
	return []parts.Tab{
		{Label: locales.T(ctx, "vault.kind.filesystem"), URL: "/vaults/new?kind=filesystem", Current: current != vault.S3},
		{Label: locales.T(ctx, "vault.kind.s3"), URL: "/vaults/new?kind=s3", Current: current == vault.S3},
	}
}

func rootsHint(ctx context.Context, roots string) string {
	if roots == "" {
		return locales.T(ctx, "vaults.form.no_roots")
	}
	return locales.T(ctx, "vaults.form.roots", "roots", roots)
}

func orAmazon(endpoint string) string { return cmp.Or(endpoint, "https://s3.amazonaws.com") }

// policy grants what a vault in that bucket needs, in AWS's own form.
func policy(in vault.Input) string {
	bucket, prefix := cmp.Or(in.Bucket, "my-bucket"), strings.Trim(in.Prefix, "/")
	objects := bucket + "/*"
	if prefix != "" {
		objects = bucket + "/" + prefix + "/*"
	}
	return strings.Join([]string{
		`{`,
		`  "Version": "2012-10-17",`,
		`  "Statement": [{`,
		`    "Effect": "Allow",`,
		`    "Action": [`,
		`      "s3:GetBucketLocation",`,
		`      "s3:ListBucket"`,
		`    ],`,
		`    "Resource":`,
		`      "arn:aws:s3:::` + bucket + `"`,
		`  }, {`,
		`    "Effect": "Allow",`,
		`    "Action": [`,
		`      "s3:DeleteObject",`,
		`      "s3:GetObject",`,
		`      "s3:PutObject"`,
		`    ],`,
		`    "Resource":`,
		`      "arn:aws:s3:::` + objects + `"`,
		`  }]`,
		`}`,
	}, "\n")
}

func crumbs(ctx context.Context, v vault.Vault, here string) []parts.Crumb {
	return []parts.Crumb{{Label: locales.T(ctx, "app.nav.vaults"), URL: "/vaults"}, {Label: v.Name, URL: URL(v.ID, ""), Typed: true}, {Label: here}}
}

func taskCrumbs(ctx context.Context, p TaskPage) []parts.Crumb {
	if p.Vault == uuid.Nil {
		return []parts.Crumb{{Label: locales.T(ctx, "app.nav.vaults"), URL: "/vaults"}, {Label: p.Card.Task.SubjectName, Typed: true}}
	}
	return crumbs(ctx, vault.Vault{ID: p.Vault, Name: p.Card.Task.SubjectName}, p.Frame.Title)
}

func emptyList(ctx context.Context, canManage bool) parts.EmptyProps {
	p := parts.EmptyProps{Icon: "vault", Title: locales.T(ctx, "vaults.empty.title"), Text: locales.T(ctx, "vaults.empty.text"),
		Second: parts.Action{Label: locales.T(ctx, "vaults.keeps.more"), URL: "/help/vaults"}}
	if canManage {
		p.Action = parts.Action{Label: locales.T(ctx, "vaults.add"), URL: "/vaults/new", Icon: "plus"}
	}
	return p
}

func reason(ctx context.Context, d vault.Damage) string {
	if d.Reason == "missing" {
		return locales.T(ctx, "vaults.damage.missing")
	}
	return locales.T(ctx, "vaults.damage.altered")
}

// busy: one work at a time touches a vault.
func (p Page) busy() bool { return p.Vault.Task != nil && !p.Vault.Task.State.Final() }

// why says why the button is off, "" while it is on.
func (p Page) why(ctx context.Context) string {
	if !p.busy() {
		return ""
	}
	return locales.T(ctx, "vaults.busy")
}
