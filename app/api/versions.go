package api

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"levqor/jobs/account"
	"levqor/jobs/workflow"
)

// Version is a published definition.
type Version struct {
	Number     int       `json:"number"`
	Note       string    `json:"note"`
	AuthorName string    `json:"author_name"`
	CreatedAt  time.Time `json:"created_at"`
	Definition any       `json:"definition"`
}

func (r *resources) versions() {
	add(r, op(http.MethodGet, "/workflows/{id}/versions", http.StatusOK, account.ScopeRead, "List versions: the newest 200"), r.listVersions)
	add(r, op(http.MethodPost, "/workflows/{id}/versions", http.StatusCreated, account.ScopeManage, "Publish the draft"), r.publish)
	add(r, op(http.MethodGet, "/workflows/{id}/versions/{number}", http.StatusOK, account.ScopeRead, "Show a version"), r.showVersion)
	add(r, op(http.MethodPost, "/workflows/{id}/versions/{number}/restorations", http.StatusOK, account.ScopeManage, "Make a version the draft"), r.restoreVersion)
}

// ByVersion is the input of what acts on one version.
type ByVersion struct {
	ID     uuid.UUID `path:"id" format:"uuid"`
	Number int       `path:"number" minimum:"1"`
}

func (r *resources) listVersions(ctx context.Context, actor account.Actor, in *ByID) (*listed[Version], error) {
	rows, err := r.site.Services.Workflows.Versions(ctx, actor, in.ID)
	page := Page[Version]{Items: []Version{}}
	for _, v := range rows {
		page.Items = append(page.Items, versionOf(v))
	}
	return &listed[Version]{Body: page}, err
}

func (r *resources) publish(ctx context.Context, actor account.Actor, in *struct {
	Changing
	Body struct {
		Note string `json:"note,omitempty" maxLength:"500"`
	}
}) (*made[Version], error) {
	revision, err := r.draftRevision(ctx, actor, in.Changing)
	if err != nil {
		return nil, err
	}
	v, err := r.site.Services.Workflows.Publish(ctx, actor, in.ID, revision, in.Body.Note)
	if err != nil {
		return nil, in.conflict(err)
	}
	return &made[Version]{Location: at("workflows", in.ID), Body: versionOf(v)}, nil
}

func (r *resources) showVersion(ctx context.Context, actor account.Actor, in *ByVersion) (*shown[Version], error) {
	v, err := r.site.Services.Workflows.Version(ctx, actor, in.ID, in.Number)
	return &shown[Version]{Body: versionOf(v)}, err
}

func (r *resources) restoreVersion(ctx context.Context, actor account.Actor, in *ByVersion) (*shown[Draft], error) {
	w, err := r.site.Services.Workflows.Get(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	if _, err := r.site.Services.Workflows.Restore(ctx, actor, in.ID, w.DraftRevision, in.Number); err != nil {
		return nil, err
	}
	return r.showDraft(ctx, actor, &ByID{in.ID})
}

func versionOf(v workflow.Version) Version {
	return Version{Number: v.Number, Note: v.Note, AuthorName: v.AuthorName, CreatedAt: v.CreatedAt.UTC(), Definition: v.Definition}
}
