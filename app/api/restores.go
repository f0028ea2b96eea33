package api

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/jobs/fail"
	"levqor/jobs/restore"
)

func (r *resources) restores() {
	add(r, op(http.MethodGet, "/restores", http.StatusOK, account.ScopeRead, "List restores"), r.listRestores)
	add(r, op(http.MethodGet, "/restores/{id}", http.StatusOK, account.ScopeRead, "Watch a restore"), r.showRestore)
	add(r, op(http.MethodPost, "/restores/{id}/cancellations", http.StatusAccepted, account.ScopeOperate, "Stop a restore; what it wrote is removed"), r.cancelRestore)
	download := op(http.MethodGet, "/restores/{id}/download", http.StatusOK, account.ScopeOperate, "Take a download, as a zip")
	download.Responses = answers("application/zip", "The zip. One that broke off does not open.", binary())
	add(r, download, r.sendDownload)
	add(r, op(http.MethodPost, "/snapshots/{id}/restore-checks", http.StatusOK, account.ScopeOperate, "What a restore would do"), r.checkRestore)
	add(r, op(http.MethodPost, "/snapshots/{id}/restores", http.StatusAccepted, account.ScopeOperate, "Restore"), r.startRestore)
}

func (r *resources) listRestores(ctx context.Context, actor account.Actor, in *struct {
	Paging
	SourceID   uuid.UUID `query:"source_id" format:"uuid"`
	SnapshotID uuid.UUID `query:"snapshot_id" format:"uuid"`
}) (*listed[Restore], error) {
	after, err := in.mark()
	if err != nil {
		return nil, err
	}
	rows, err := r.site.Services.Restores.List(ctx, actor, restore.Filter{SourceID: in.SourceID, SnapshotID: in.SnapshotID, Before: after.At, BeforeID: after.ID, Limit: in.Limit + 1})
	if err != nil {
		return nil, err
	}
	return pageOf(rows, in.Limit, func(d restore.Restore) Restore { return r.restoreOf(ctx, d) }, func(d restore.Restore) mark { return mark{d.CreatedAt, d.ID} }), nil
}

func (r *resources) showRestore(ctx context.Context, actor account.Actor, in *ByID) (*shown[Restore], error) {
	d, err := r.site.Services.Restores.Get(ctx, actor, in.ID)
	return &shown[Restore]{Body: r.restoreOf(ctx, d)}, err
}

func (r *resources) cancelRestore(ctx context.Context, actor account.Actor, in *ByID) (*started[Restore], error) {
	if _, err := r.site.Services.Restores.Get(ctx, actor, in.ID); err != nil {
		return nil, err
	}
	if err := r.site.Services.Tasks.Cancel(ctx, actor, in.ID); err != nil {
		return nil, err
	}
	return r.startedRestore(ctx, actor, in.ID)
}

func (r *resources) startRestore(ctx context.Context, actor account.Actor, in *struct {
	ByID
	Body RestoreInput
}) (*started[Restore], error) {
	id, err := r.site.Services.Restores.Start(ctx, actor, in.Body.input(in.ID))
	if err != nil {
		return nil, inBody(err)
	}
	return r.startedRestore(ctx, actor, id)
}

func (r *resources) startedRestore(ctx context.Context, actor account.Actor, id uuid.UUID) (*started[Restore], error) {
	d, err := r.site.Services.Restores.Get(ctx, actor, id)
	return &started[Restore]{Location: at("restores", id), Body: r.restoreOf(ctx, d)}, err
}

// RestoreCheck says what a restore will do, before anything is done.
type RestoreCheck struct {
	Target          RestoreTarget  `json:"target"`
	Places          []RestorePlace `json:"places" doc:"Databases, each with its new name."`
	Rows            *int64         `json:"rows" doc:"Of databases."`
	Tables          int64          `json:"tables"`
	Files           int64          `json:"files"`
	Bytes           int64          `json:"bytes"`
	ExpectedSeconds *int64         `json:"expected_seconds" doc:"From the last drill's measure."`
	FreeBytes       *int64         `json:"free_bytes" doc:"On the target's disk, where it can be known."`
	LostSince       *time.Time     `json:"lost_since" doc:"Over live data: what was written since then is replaced."`
	Problem         *Failure       `json:"problem,omitempty" doc:"Why it would fail now."`
}

// RestorePlace is one database of the copy and the name it will have.
type RestorePlace struct {
	From string `json:"from"`
	To   string `json:"to"`
	Free *bool  `json:"free" doc:"null: the server did not say."`
}

func (r *resources) checkRestore(ctx context.Context, actor account.Actor, in *struct {
	ByID
	Body RestoreInput
}) (*shown[RestoreCheck], error) {
	sum, err := r.site.Services.Restores.Check(ctx, actor, in.Body.input(in.ID))
	if err != nil {
		return nil, inBody(err)
	}
	out := RestoreCheck{Target: RestoreTarget(sum.Target), Places: []RestorePlace{}, Rows: sum.Rows, Tables: sum.Tables, Files: sum.Files, Bytes: sum.Bytes,
		FreeBytes: sum.FreeBytes, LostSince: utc(sum.LostSince)}
	for _, place := range sum.Places {
		out.Places = append(out.Places, RestorePlace(place))
	}
	if sum.Expected != nil {
		seconds := int64(sum.Expected.Seconds())
		out.ExpectedSeconds = &seconds
	}
	if sum.Problem != nil {
		p := problemOf(ctx, sum.Problem)
		out.Problem = &Failure{Class: string(fail.ClassOf(sum.Problem)), Code: p.Code, Text: p.Detail, Mend: p.Mend}
	}
	return &shown[RestoreCheck]{Body: out}, nil
}

// sendDownload makes the zip while it is sent, for as long as that takes.
func (r *resources) sendDownload(_ context.Context, actor account.Actor, in *ByID) (*streamed, error) {
	archive, err := r.site.Services.Restores.OpenDownload(r.site.Stop, actor, in.ID)
	if err != nil {
		return nil, err
	}
	return r.stream(func(c *fiber.Ctx) error {
		return r.site.Stream(c, web.Grant{Actor: actor, Power: account.Operate}, archive.Name, func(ctx context.Context, w io.Writer) error {
			defer func() { _ = archive.Close(ctx) }() // it was only read
			return archive.WriteZip(ctx, w)
		})
	}), nil
}
