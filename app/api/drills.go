package api

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"levqor/jobs/account"
	"levqor/jobs/drill"
)

// Drill is one restore into a scratch place with checks. Its results are null until
// there is a proof.
type Drill struct {
	Task
	PlanID      uuid.UUID  `json:"plan_id" format:"uuid"`
	SourceID    uuid.UUID  `json:"source_id" format:"uuid"`
	SourceName  string     `json:"source_name"`
	SourceKind  string     `json:"source_kind" enum:"folder,postgres,s3"`
	SnapshotID  *uuid.UUID `json:"snapshot_id" format:"uuid" nullable:"true" doc:"Chosen when it begins."`
	TakenAt     *time.Time `json:"taken_at" doc:"When that snapshot was taken."`
	Slot        *time.Time `json:"slot" doc:"The schedule's instant; null on demand."`
	Passed      *bool      `json:"passed"`
	ChecksTotal *int       `json:"checks_total"`
	ChecksGood  *int       `json:"checks_good"`
	RestoreMS   *int64     `json:"restore_ms" doc:"How long the restore took."`
	LostSeconds *int64     `json:"lost_seconds" doc:"How old the copy was: what would have been lost."`
	RTOMinutes  int        `json:"rto_minutes"`
	RPOMinutes  int        `json:"rpo_minutes"`
	ProvenAt    *time.Time `json:"proven_at"`
	ProofID     *string    `json:"proof_id"`
}

// Proof is a signed document. The signature is over the bytes of document as they
// are sent.
type Proof struct {
	Document        map[string]any    `json:"document"`
	Algorithm       string            `json:"algorithm"`
	KeyID           string            `json:"key_id"`
	PublicKey       string            `json:"public_key"`
	Signature       string            `json:"signature"`
	Fields          map[string]string `json:"fields" doc:"A digest of each field: it tells what was changed."`
	FieldsSignature string            `json:"fields_signature"`
}

// SigningKey verifies proofs.
type SigningKey struct {
	ID          string    `json:"id"`
	PublicKey   []byte    `json:"public_key" doc:"ed25519, in base64: for levqor verify-proof --key."`
	Fingerprint string    `json:"fingerprint"`
	CreatedAt   time.Time `json:"created_at"`
}

func (r *resources) drills() {
	add(r, op(http.MethodGet, "/drills", http.StatusOK, account.ScopeRead, "List drills"), r.listDrills)
	add(r, op(http.MethodPost, "/drills", http.StatusAccepted, account.ScopeOperate, "Prove every source now"), r.startDrills)
	add(r, op(http.MethodGet, "/drills/{id}", http.StatusOK, account.ScopeRead, "Watch a drill"), r.showDrill)
	add(r, op(http.MethodPost, "/drills/{id}/cancellations", http.StatusAccepted, account.ScopeOperate, "Stop a drill"), r.cancelDrill)
	proof := op(http.MethodGet, "/drills/{id}/proof", http.StatusOK, account.ScopeRead, "Take the signed proof, as levqor verify-proof checks it")
	proof.Responses = answers("application/json", "The proof.", huma.SchemaFromType(r.api.OpenAPI().Components.Schemas, reflect.TypeFor[Proof]()))
	add(r, proof, r.showProof)
	add(r, op(http.MethodGet, "/signing-keys", http.StatusOK, account.ScopeRead, "List the keys that sign proofs"), r.listSigningKeys)
}

func (r *resources) listDrills(ctx context.Context, actor account.Actor, in *struct {
	Paging
	SourceID   uuid.UUID `query:"source_id" format:"uuid"`
	PlanID     uuid.UUID `query:"plan_id" format:"uuid"`
	SnapshotID uuid.UUID `query:"snapshot_id" format:"uuid"`
	Proofs     bool      `query:"proofs" doc:"Only those with a proof."`
}) (*listed[Drill], error) {
	after, err := in.mark()
	if err != nil {
		return nil, err
	}
	rows, err := r.site.Services.Drills.List(ctx, actor, drill.Filter{SourceID: in.SourceID, PlanID: in.PlanID, SnapshotID: in.SnapshotID, Proofs: in.Proofs,
		Before: after.At, BeforeID: after.ID, Limit: in.Limit + 1})
	if err != nil {
		return nil, err
	}
	return pageOf(rows, in.Limit, func(d drill.Drill) Drill { return drillOf(ctx, d) }, func(d drill.Drill) mark { return mark{d.CreatedAt, d.ID} }), nil
}

// Started counts what was begun; each is in the list of its kind.
type Started struct {
	Started int `json:"started" doc:"Sources without a copy, and those with a drill on its way, are left out."`
}

func (r *resources) startDrills(ctx context.Context, actor account.Actor, _ *struct{}) (*started[Started], error) {
	n, err := r.site.Services.Drills.StartAll(ctx, actor)
	return &started[Started]{Location: prefix + "/drills", Body: Started{n}}, err
}

func (r *resources) showDrill(ctx context.Context, actor account.Actor, in *ByID) (*shown[Drill], error) {
	d, err := r.site.Services.Drills.Get(ctx, actor, in.ID)
	return &shown[Drill]{Body: drillOf(ctx, d)}, err
}

func (r *resources) cancelDrill(ctx context.Context, actor account.Actor, in *ByID) (*started[Drill], error) {
	if _, err := r.site.Services.Drills.Get(ctx, actor, in.ID); err != nil {
		return nil, err
	}
	if err := r.site.Services.Tasks.Cancel(ctx, actor, in.ID); err != nil {
		return nil, err
	}
	return r.startedDrill(ctx, actor, in.ID)
}

// showProof sends the file byte for byte as it was signed.
func (r *resources) showProof(ctx context.Context, actor account.Actor, in *ByID) (*proofFile, error) {
	proof, err := r.site.Services.Drills.Proof(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	file, err := json.Marshal(proof)
	return &proofFile{ContentType: "application/json", Disposition: `attachment; filename="` + drill.ProofID(in.ID) + `.json"`, Body: file}, err
}

type proofFile struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte `contentType:"application/json"`
}

func (r *resources) listSigningKeys(ctx context.Context, actor account.Actor, _ *struct{}) (*listed[SigningKey], error) {
	keys, err := r.site.Services.Drills.Keys(ctx, actor)
	out := Page[SigningKey]{Items: []SigningKey{}}
	for _, k := range keys {
		out.Items = append(out.Items, SigningKey{ID: k.ID, PublicKey: k.Key, Fingerprint: k.Fingerprint(), CreatedAt: k.CreatedAt.UTC()})
	}
	return &listed[SigningKey]{Body: out}, err
}

func (r *resources) startedDrill(ctx context.Context, actor account.Actor, id uuid.UUID) (*started[Drill], error) {
	d, err := r.site.Services.Drills.Get(ctx, actor, id)
	return &started[Drill]{Location: at("drills", id), Body: drillOf(ctx, d)}, err
}

func drillOf(ctx context.Context, d drill.Drill) Drill {
	out := Drill{Task: taskOf(ctx, d.Task), PlanID: d.PlanID, SourceID: d.SourceID, SourceName: d.SubjectName, SourceKind: d.SourceKind,
		SnapshotID: d.SnapshotID, TakenAt: utc(d.TakenAt), Slot: utc(d.Slot), Passed: d.Passed, ChecksTotal: d.ChecksTotal, ChecksGood: d.ChecksGood,
		RestoreMS: d.RestoreMS, LostSeconds: d.LostSeconds, RTOMinutes: d.RTOMinutes, RPOMinutes: d.RPOMinutes, ProvenAt: utc(d.ProvenAt)}
	if d.ProvenAt != nil {
		id := drill.ProofID(d.ID)
		out.ProofID = &id
	}
	return out
}
