package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"

	"levqor/jobs/account"
	"levqor/jobs/workflow"
	"levqor/jobs/workflow/flow"
)

// Version is a published definition.
type Version struct {
	Number     int       `json:"number"`
	Note       string    `json:"note"`
	AuthorName string    `json:"author_name"`
	CreatedAt  time.Time `json:"created_at"`
	Definition any       `json:"definition"`
}

// Diff is what changed from a version to something later.
type Diff struct {
	Steps    map[string]flow.Change `json:"steps" doc:"By step id: added, edited, moved or removed. What did not change is left out."`
	Trigger  bool                   `json:"trigger" doc:"It was edited."`
	Settings bool                   `json:"settings" doc:"They were edited."`
}

func (r *resources) versions() {
	add(r, op(http.MethodGet, "/workflows/{id}/versions", http.StatusOK, account.ScopeRead, "List versions: the newest 200"), r.listVersions)
	add(r, op(http.MethodPost, "/workflows/{id}/versions", http.StatusCreated, account.ScopeManage, "Publish the draft"), r.publish)
	add(r, op(http.MethodGet, "/workflows/{id}/versions/{number}", http.StatusOK, account.ScopeRead, "Show a version"), r.showVersion)
	add(r, op(http.MethodGet, "/workflows/{id}/versions/{number}/diff", http.StatusOK, account.ScopeRead, "Compare a version with another, or with the draft"), r.compareVersion)
	add(r, op(http.MethodPost, "/workflows/{id}/versions/{number}/restorations", http.StatusOK, account.ScopeManage, "Make a version the draft"), r.restoreVersion)
}

// ByVersion is the input of what acts on one version.
type ByVersion struct {
	ID     uuid.UUID `path:"id" format:"uuid"`
	Number int       `path:"number" minimum:"1" maximum:"2147483647"`
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
	return &made[Version]{Location: at("workflows", in.ID) + "/versions/" + strconv.Itoa(v.Number), Body: versionOf(v)}, nil
}

func (r *resources) showVersion(ctx context.Context, actor account.Actor, in *ByVersion) (*shown[Version], error) {
	v, err := r.site.Services.Workflows.Version(ctx, actor, in.ID, in.Number)
	return &shown[Version]{Body: versionOf(v)}, err
}

func (r *resources) compareVersion(ctx context.Context, actor account.Actor, in *struct {
	ByVersion
	With int `query:"with" minimum:"1" maximum:"2147483647" doc:"The other version's number; left out: the draft."`
}) (*shown[Diff], error) {
	from, err := r.site.Services.Workflows.Version(ctx, actor, in.ID, in.Number)
	if err != nil {
		return nil, err
	}
	to, err := r.definition(ctx, actor, in.ID, in.With)
	if err != nil {
		return nil, err
	}
	d := flow.Compare(&from.Definition, &to)
	return &shown[Diff]{Body: Diff{Steps: d.Steps, Trigger: d.TriggerEdited, Settings: d.SettingsEdited}}, nil
}

// definition is that of a version; of number 0 the draft.
func (r *resources) definition(ctx context.Context, actor account.Actor, id uuid.UUID, number int) (flow.Definition, error) {
	if number == 0 {
		w, err := r.site.Services.Workflows.Get(ctx, actor, id)
		return w.Draft, err
	}
	v, err := r.site.Services.Workflows.Version(ctx, actor, id, number)
	return v.Definition, err
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
