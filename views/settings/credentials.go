package settings

import (
	"context"

	"levqor/jobs/account"
	"levqor/jobs/credential"
	"levqor/locales"
	"levqor/views/parts"
)

// CredentialsPage is the secrets of the workspace's workflows. None is ever shown.
type CredentialsPage struct {
	Base
	Credentials []credential.Credential
	Form        credential.Input
	Problems    parts.Problems
}

func (p CredentialsPage) manage() bool { return p.Actor.Can(account.Manage) }

var credentialKinds = []credential.Kind{credential.Bearer, credential.Basic, credential.Header}

func credentialName(ctx context.Context, kind credential.Kind) string {
	return locales.T(ctx, "credentials.kind."+string(kind)+".name")
}

func credentialText(ctx context.Context, kind credential.Kind) string {
	return locales.T(ctx, "credentials.kind."+string(kind)+".text")
}
