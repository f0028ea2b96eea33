package api

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"levqor/jobs/account"
	"levqor/jobs/credential"
	"levqor/jobs/secret"
)

// Credential of workflows; its secret never comes back.
type Credential struct {
	ID        uuid.UUID       `json:"id" format:"uuid"`
	Name      string          `json:"name"`
	Kind      credential.Kind `json:"kind" enum:"basic,bearer,header"`
	Host      string          `json:"host" doc:"The only one that sees it."`
	CreatedAt time.Time       `json:"created_at"`
	UsedAt    *time.Time      `json:"used_at"`
}

// CredentialInput makes one.
type CredentialInput struct {
	Name   string          `json:"name" minLength:"1" maxLength:"80"`
	Kind   credential.Kind `json:"kind" enum:"basic,bearer,header"`
	Host   string          `json:"host" minLength:"1" maxLength:"253" example:"api.example.com"`
	User   string          `json:"user,omitempty" maxLength:"200" doc:"Of basic."`
	Header string          `json:"header,omitempty" maxLength:"64" doc:"Of header: its name."`
	Secret string          `json:"secret" minLength:"1" maxLength:"8192" writeOnly:"true"`
}

func (r *resources) credentials() {
	add(r, op(http.MethodGet, "/credentials", http.StatusOK, account.ScopeRead, "List credentials of workflows"), r.listCredentials)
	add(r, op(http.MethodPost, "/credentials", http.StatusCreated, account.ScopeManage, "Add a credential for one host"), r.createCredential)
	add(r, op(http.MethodDelete, "/credentials/{id}", http.StatusNoContent, account.ScopeManage, "Delete a credential"), r.deleteCredential)
}

func (r *resources) listCredentials(ctx context.Context, actor account.Actor, in *Paging) (*listed[Credential], error) {
	rows, err := r.site.Services.Credentials.List(ctx, actor)
	if err != nil {
		return nil, err
	}
	return sliceOf(rows, *in, credentialOf, func(c credential.Credential) mark { return mark{c.CreatedAt, c.ID} })
}

func (r *resources) createCredential(ctx context.Context, actor account.Actor, in *struct{ Body CredentialInput }) (*made[Credential], error) {
	b := in.Body
	id, err := r.site.Services.Credentials.Create(ctx, actor, credential.Input{Name: b.Name, Kind: b.Kind, Host: b.Host, User: b.User, Header: b.Header, Secret: secret.Text(b.Secret)})
	if err != nil {
		return nil, err
	}
	rows, err := r.site.Services.Credentials.List(ctx, actor)
	for _, c := range rows {
		if c.ID == id {
			return &made[Credential]{Location: at("credentials", id), Body: credentialOf(c)}, nil
		}
	}
	return nil, err
}

func (r *resources) deleteCredential(ctx context.Context, actor account.Actor, in *ByID) (*done, error) {
	return &done{}, r.site.Services.Credentials.Delete(ctx, actor, in.ID)
}

func credentialOf(c credential.Credential) Credential {
	return Credential{ID: c.ID, Name: c.Name, Kind: c.Kind, Host: c.Host, CreatedAt: c.CreatedAt.UTC(), UsedAt: utc(c.UsedAt)}
}
