package services

import (
	"context"
	"fmt"
	"os"

	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/audit"
	"levqor/jobs/source"
	"levqor/jobs/vault"
)

// EnsureFirst makes what `levqor dev` starts with: a person, a workspace, a vault
// on this machine, and the offer of a sample database on server (nil: none). It
// returns the path of a sign-in link.
func (s *Services) EnsureFirst(ctx context.Context, address string, server *source.SampleServer) (path string, err error) {
	if err := os.MkdirAll(s.Config.DevFolder(), 0o755); err != nil {
		return "", fmt.Errorf("LEVQOR_DATA: %w", err)
	}
	owner, path, err := s.Accounts.EnsureFirst(ctx, address)
	if err != nil {
		return "", err
	}
	if server != nil {
		s.Sources.OfferSample(*server)
	}
	vaults, err := s.Vaults.List(ctx, owner)
	if err != nil || len(vaults) > 0 {
		return path, err
	}
	_, _, err = s.Vaults.Create(ctx, owner, vault.Input{Name: "This machine", Kind: vault.Filesystem})
	return path, err
}

// AuditSystem keeps an event that belongs to no workspace.
func (s *Services) AuditSystem(ctx context.Context, actor account.Actor, event audit.Event) error {
	return s.DB.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return audit.Write(ctx, tx, actor, s.Clock.Now(), event)
	})
}

// AuditLog is the workspace's newest events below before (0: from the newest).
// Needs Manage.
func (s *Services) AuditLog(ctx context.Context, actor account.Actor, before int64, limit int) (entries []audit.Entry, err error) {
	if err := actor.Require(account.Manage); err != nil {
		return nil, err
	}
	err = s.DB.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		entries, err = audit.List(ctx, tx, before, limit)
		return err
	})
	return entries, err
}
