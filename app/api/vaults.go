package api

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"levqor/jobs/account"
	"levqor/jobs/secret"
	"levqor/jobs/vault"
	"levqor/locales"
)

// Vault is where snapshots are kept. Only a ready one takes them.
type Vault struct {
	ID              uuid.UUID   `json:"id" format:"uuid"`
	Name            string      `json:"name"`
	Kind            vault.Kind  `json:"kind" enum:"filesystem,s3"`
	State           vault.State `json:"state" enum:"creating,failed,ready"`
	CreatedAt       time.Time   `json:"created_at"`
	Revision        int         `json:"revision"`
	Path            string      `json:"path,omitempty"`
	Managed         bool        `json:"managed" doc:"It lies in Levqor's own data folder."`
	Endpoint        string      `json:"endpoint,omitempty"`
	Region          string      `json:"region,omitempty"`
	Bucket          string      `json:"bucket,omitempty"`
	Prefix          string      `json:"prefix,omitempty"`
	AccessKey       string      `json:"access_key,omitempty"`
	UsedBytes       *int64      `json:"used_bytes" doc:"As last measured."`
	MeasuredAt      *time.Time  `json:"measured_at"`
	FullUpkeepAt    *time.Time  `json:"full_upkeep_at"`
	VerifiedAt      *time.Time  `json:"verified_at" doc:"When content was last read back."`
	Damage          []Damage    `json:"damage" doc:"What the verifications found broken."`
	KitDownloadedAt *time.Time  `json:"kit_downloaded_at" doc:"When somebody last took the recovery kit."`
	Plans           int         `json:"plans"`
	Snapshots       int         `json:"snapshots"`
	Task            *Task       `json:"task,omitempty" doc:"The newest set-up or upkeep."`
}

// Damage is a piece of a vault that is no longer what was written.
type Damage struct {
	Blob    string    `json:"blob"`
	Reason  string    `json:"reason"`
	FoundAt time.Time `json:"found_at"`
}

// VaultInput is a vault to add, or what one becomes. Its place stays.
type VaultInput struct {
	Name      string     `json:"name" minLength:"1" maxLength:"80"`
	Kind      vault.Kind `json:"kind" enum:"filesystem,s3"`
	Path      string     `json:"path,omitempty" maxLength:"4096" doc:"filesystem: a whole path in an allowed folder; left out, the vault lies in Levqor's data folder."`
	Endpoint  string     `json:"endpoint,omitempty" maxLength:"512" doc:"s3: https://host; Amazon's unless given."`
	Region    string     `json:"region,omitempty" maxLength:"64" doc:"s3"`
	Bucket    string     `json:"bucket,omitempty" maxLength:"255" doc:"s3"`
	Prefix    string     `json:"prefix,omitempty" maxLength:"512" doc:"s3: where in the bucket."`
	AccessKey string     `json:"access_key,omitempty" maxLength:"256" doc:"s3"`
	SecretKey string     `json:"secret_key,omitempty" maxLength:"1024" writeOnly:"true" doc:"s3. Left out of a change, what is stored stays."`
}

// Kit opens a vault with the stock kopia program, without Levqor. Whoever holds it
// can read every snapshot.
type Kit struct {
	FileName string            `json:"file_name"`
	Place    string            `json:"place"`
	Password string            `json:"password"`
	Commands map[string]string `json:"commands" doc:"connect, list, restore, verify."`
	MadeAt   time.Time         `json:"made_at"`
	Text     string            `json:"text" doc:"All of it as a file to print or store."`
}

func (r *resources) vaults() {
	add(r, op(http.MethodGet, "/vaults", http.StatusOK, account.ScopeRead, "List vaults"), r.listVaults)
	add(r, op(http.MethodPost, "/vaults", http.StatusAccepted, account.ScopeManage, "Add a vault and set it up"), r.createVault)
	add(r, op(http.MethodGet, "/vaults/{id}", http.StatusOK, account.ScopeRead, "Show a vault"), r.showVault)
	add(r, op(http.MethodPut, "/vaults/{id}", http.StatusOK, account.ScopeManage, "Change a vault's name or credentials"), r.updateVault)
	add(r, op(http.MethodDelete, "/vaults/{id}", http.StatusNoContent, account.ScopeManage, "Remove an empty vault"), r.deleteVault)
	add(r, op(http.MethodGet, "/vaults/{id}/recovery-kit", http.StatusOK, account.ScopeAdmin, "Take a vault's recovery kit"), r.showKit)
	add(r, op(http.MethodPost, "/vaults/{id}/setups", http.StatusAccepted, account.ScopeManage, "Set a vault up again, or try it"), r.startSetup)
	add(r, op(http.MethodPost, "/vaults/{id}/upkeeps", http.StatusAccepted, account.ScopeOperate, "Tidy a vault and read all of it back"), r.startUpkeep)
}

func (r *resources) listVaults(ctx context.Context, actor account.Actor, in *Paging) (*listed[Vault], error) {
	rows, err := r.site.Services.Vaults.List(ctx, actor)
	if err != nil {
		return nil, err
	}
	return sliceOf(rows, *in, func(v vault.Vault) Vault { return vaultOf(ctx, v) }, func(v vault.Vault) mark { return mark{v.CreatedAt, v.ID} })
}

func (r *resources) createVault(ctx context.Context, actor account.Actor, in *struct{ Body VaultInput }) (*made[Vault], error) {
	id, _, err := r.site.Services.Vaults.Create(ctx, actor, in.Body.input())
	if err != nil {
		return nil, err
	}
	v, err := r.site.Services.Vaults.Get(ctx, actor, id)
	return &made[Vault]{Location: at("vaults", id), ETag: etag(v.Revision), Body: vaultOf(ctx, v)}, err
}

func (r *resources) showVault(ctx context.Context, actor account.Actor, in *ByID) (*shown[Vault], error) {
	v, err := r.site.Services.Vaults.Get(ctx, actor, in.ID)
	return &shown[Vault]{ETag: etag(v.Revision), Body: vaultOf(ctx, v)}, err
}

func (r *resources) updateVault(ctx context.Context, actor account.Actor, in *struct {
	Changing
	Body VaultInput
}) (*shown[Vault], error) {
	revision, err := in.revision()
	if err != nil {
		return nil, err
	}
	if err := r.site.Services.Vaults.Update(ctx, actor, in.ID, revision, in.Body.input()); err != nil {
		return nil, in.conflict(err)
	}
	return r.showVault(ctx, actor, &ByID{in.ID})
}

func (r *resources) deleteVault(ctx context.Context, actor account.Actor, in *ByID) (*done, error) {
	return &done{}, r.site.Services.Vaults.Delete(ctx, actor, in.ID)
}

func (r *resources) showKit(ctx context.Context, actor account.Actor, in *ByID) (*shown[Kit], error) {
	kit, err := r.site.Services.Backups.Kit(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	out := Kit{FileName: kit.FileName, Place: kit.Place, Password: kit.Password.Reveal(), Commands: map[string]string{}, MadeAt: kit.MadeAt.UTC(),
		Text: string(kit.Text(func(key string, pairs ...any) string { return locales.T(ctx, key, pairs...) }))}
	for i, name := range []string{"connect", "list", "restore", "verify"} {
		if i < len(kit.Commands) {
			out.Commands[name] = kit.Commands[i].Reveal()
		}
	}
	return &shown[Kit]{Body: out}, nil
}

func (r *resources) startSetup(ctx context.Context, actor account.Actor, in *ByID) (*started[Task], error) {
	id, err := r.site.Services.Vaults.StartSetup(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	return r.startedTask(ctx, actor, id)
}

func (r *resources) startUpkeep(ctx context.Context, actor account.Actor, in *ByID) (*started[Task], error) {
	id, err := r.site.Services.Vaults.StartUpkeep(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	return r.startedTask(ctx, actor, id)
}

func (in VaultInput) input() vault.Input {
	return vault.Input{Name: in.Name, Kind: in.Kind, Path: in.Path, Endpoint: in.Endpoint, Region: in.Region, Bucket: in.Bucket,
		Prefix: in.Prefix, AccessKey: in.AccessKey, SecretKey: secret.Text(in.SecretKey)}
}

func vaultOf(ctx context.Context, v vault.Vault) Vault {
	at := v.Location
	out := Vault{ID: v.ID, Name: v.Name, Kind: v.Kind, State: v.State, CreatedAt: v.CreatedAt.UTC(), Revision: v.Revision,
		Path: at.Path, Managed: at.Managed, Endpoint: at.Endpoint, Region: at.Region, Bucket: at.Bucket, Prefix: at.Prefix, AccessKey: at.AccessKey,
		UsedBytes: v.UsedBytes, MeasuredAt: utc(v.MeasuredAt), FullUpkeepAt: utc(v.FullUpkeepAt), VerifiedAt: utc(v.VerifiedAt),
		Damage: []Damage{}, KitDownloadedAt: utc(v.KitDownloadedAt), Plans: v.Plans, Snapshots: v.Snapshots}
	for _, d := range v.Damage {
		out.Damage = append(out.Damage, Damage{Blob: d.Blob, Reason: d.Reason, FoundAt: d.FoundAt.UTC()})
	}
	if v.Task != nil {
		t := taskOf(ctx, *v.Task)
		out.Task = &t
	}
	return out
}
