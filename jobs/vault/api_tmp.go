package vault

import (
	"context"

	"github.com/google/uuid"

	"levqor/jobs/account"
	"levqor/jobs/vault/kopia"
)

func (v *Vaults) Create(ctx context.Context, actor account.Actor, in Input) (id, setup uuid.UUID, err error) {
	panic("in work")
}
func (v *Vaults) Update(ctx context.Context, actor account.Actor, id uuid.UUID, revision int, in Input) error {
	panic("in work")
}
func (v *Vaults) Delete(ctx context.Context, actor account.Actor, id uuid.UUID) error {
	panic("in work")
}
func (v *Vaults) Get(ctx context.Context, actor account.Actor, id uuid.UUID) (Vault, error) {
	panic("in work")
}
func (v *Vaults) List(ctx context.Context, actor account.Actor) ([]Vault, error) { panic("in work") }
func (v *Vaults) Kit(ctx context.Context, actor account.Actor, id uuid.UUID) (Kit, error) {
	panic("in work")
}
func (v *Vaults) StartSetup(ctx context.Context, actor account.Actor, id uuid.UUID) (uuid.UUID, error) {
	panic("in work")
}
func (v *Vaults) StartUpkeep(ctx context.Context, actor account.Actor, id uuid.UUID) (uuid.UUID, error) {
	panic("in work")
}
func (v *Vaults) Open(ctx context.Context, workspace, id uuid.UUID, readOnly bool) (*kopia.Repository, error) {
	panic("in work")
}
func (v *Vaults) PerformSetup(ctx context.Context, id uuid.UUID) error  { panic("in work") }
func (v *Vaults) PerformUpkeep(ctx context.Context, id uuid.UUID) error { panic("in work") }
func (v *Vaults) SweepUpkeep(ctx context.Context) error                 { panic("in work") }
