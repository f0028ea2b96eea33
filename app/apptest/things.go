package apptest

import (
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	"levqor/jobs/account"
	"levqor/jobs/backup"
	"levqor/jobs/credential"
	"levqor/jobs/restore"
	"levqor/jobs/source"
	"levqor/jobs/source/folder"
	"levqor/jobs/vault"
	"levqor/jobs/workflow/flow"
)

// Canary is in every name of Things that people choose: where another workspace
// sees it, something leaks.
const Canary = "canary-7f3a"

// Things are one of each in the owner's workspace, all of it real and done.
type Things struct {
	Source     uuid.UUID
	SourceTest uuid.UUID
	Vault      uuid.UUID
	VaultSetup uuid.UUID
	Plan       uuid.UUID
	Backup     uuid.UUID
	Snapshot   uuid.UUID
	Hold       uuid.UUID
	Drill      uuid.UUID
	Download   uuid.UUID // a restore that is a download
	Restore    uuid.UUID // one that waits for a worker
	Invitation uuid.UUID
	Member     uuid.UUID // the owner as a member
	Session    uuid.UUID // theirs
	Token      uuid.UUID
	Workspace  uuid.UUID
	Workflow   uuid.UUID
	Run        uuid.UUID // one that waits for a person
	Credential uuid.UUID
}

// Things makes them without any worker.
func (h *House) Things() (made Things) {
	h.t.Helper()
	ctx, s, actor := h.t.Context(), h.Services, h.Actor
	actor.SteppedUpAt = s.Clock.Now()
	dir := filepath.Join(h.Root, Canary)
	must(h.t, os.MkdirAll(dir, 0o755))
	must(h.t, os.WriteFile(filepath.Join(dir, Canary+".txt"), []byte(Canary), 0o644))
	h.Exec(`UPDATE workspaces SET name = $2 WHERE id = $1`, actor.Workspace, Canary+" Ltd")
	var err error
	made.Vault, made.VaultSetup, err = s.Vaults.Create(ctx, actor, vault.Input{Name: Canary + " vault", Kind: vault.Filesystem})
	must(h.t, err)
	must(h.t, s.Vaults.PerformSetup(ctx, made.VaultSetup))
	made.Source, made.SourceTest, err = s.Sources.Create(ctx, actor, source.Input{Name: Canary + " source", Kind: source.Folder,
		Config: source.Config{Folder: &folder.Config{Path: dir}}})
	must(h.t, err)
	must(h.t, s.Sources.PerformTest(ctx, made.SourceTest))
	plan := backup.Defaults("UTC")
	plan.SourceID, plan.VaultID = made.Source, made.Vault
	made.Plan, err = s.Backups.CreatePlan(ctx, actor, plan)
	must(h.t, err)
	made.Backup, err = s.Backups.Start(ctx, actor, made.Plan)
	must(h.t, err)
	must(h.t, s.Backups.Perform(ctx, made.Backup))
	h.finish(actor, &made)
	return made
}

// finish makes what stands on a snapshot.
func (h *House) finish(actor account.Actor, made *Things) {
	h.t.Helper()
	ctx, s := h.t.Context(), h.Services
	done, err := s.Backups.Get(ctx, actor, made.Backup)
	must(h.t, err)
	if done.SnapshotID == nil {
		h.t.Fatalf("the backup is %s: %s", done.State, done.FailureKey)
	}
	made.Snapshot = *done.SnapshotID
	made.Hold, err = s.Backups.Hold(ctx, actor, made.Snapshot, backup.HoldInput{Reason: Canary + " reason", Until: s.Clock.Now().Add(24 * time.Hour)})
	must(h.t, err)
	made.Drill, err = s.Drills.Start(ctx, actor, made.Plan)
	must(h.t, err)
	must(h.t, s.Drills.Perform(ctx, made.Drill))
	made.Download, err = s.Restores.Start(ctx, actor, restore.Input{SnapshotID: made.Snapshot, Kind: restore.Download})
	must(h.t, err)
	made.Restore, err = s.Restores.Start(ctx, actor, restore.Input{SnapshotID: made.Snapshot, Kind: restore.Folder, Folder: filepath.Join(h.Root, "back")})
	must(h.t, err)
	must(h.t, s.Accounts.Invite(ctx, actor, Canary+"@example.com", account.RoleViewer, "en"))
	waiting, err := s.Accounts.Invitations(ctx, actor)
	must(h.t, err)
	made.Invitation, made.Workspace = waiting[0].ID, actor.Workspace
	session := h.sessionOf(h.Owner)
	made.Member, made.Session = session.User.ID, session.ID
	_, err = s.Accounts.CreateToken(ctx, actor, account.TokenInput{Name: Canary + " token", Scopes: []string{"read"}})
	must(h.t, err)
	tokens, err := s.Accounts.Tokens(ctx, actor)
	must(h.t, err)
	made.Token = tokens[0].ID
	h.flows(actor, made)
}

// flows makes a workflow with a run that asks a person.
func (h *House) flows(actor account.Actor, made *Things) {
	h.t.Helper()
	ctx, s := h.t.Context(), h.Services
	var err error
	made.Credential, err = s.Credentials.Create(ctx, actor, credential.Input{Name: Canary + " key", Kind: credential.Bearer, Host: "api.example.com", Secret: Canary})
	must(h.t, err)
	made.Workflow, err = s.Workflows.Create(ctx, actor, Canary+" workflow", Canary, flow.Definition{Steps: []flow.Step{
		{ID: "post", Kind: "http_request", Name: Canary, Config: map[string]any{"method": "POST", "url": "https://api.example.com/" + Canary}}}})
	must(h.t, err)
	_, err = s.Workflows.Publish(ctx, actor, made.Workflow, 1, Canary)
	must(h.t, err)
	begun, err := s.Workflows.Start(ctx, actor, made.Workflow, map[string]any{"who": Canary})
	must(h.t, err)
	made.Run = begun.ID
	must(h.t, s.Workflows.Engine().Advance(ctx, begun.ID))
}
