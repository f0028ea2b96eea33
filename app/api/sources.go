package api

import (
	"cmp"
	"context"
	"net/http"

	"github.com/google/uuid"

	"levqor/jobs/account"
	"levqor/jobs/overview"
	"levqor/jobs/source"
)

func (r *resources) sources() {
	add(r, op(http.MethodGet, "/sources", http.StatusOK, account.ScopeRead, "List sources"), r.listSources)
	add(r, op(http.MethodPost, "/sources", http.StatusCreated, account.ScopeManage, "Add a source and test it"), r.createSource)
	add(r, op(http.MethodGet, "/sources/{id}", http.StatusOK, account.ScopeRead, "Show a source"), r.showSource)
	add(r, op(http.MethodPut, "/sources/{id}", http.StatusOK, account.ScopeManage, "Replace a source's settings"), r.replaceSource)
	add(r, op(http.MethodPatch, "/sources/{id}", http.StatusOK, account.ScopeManage, "Change some of a source's settings"), r.patchSource)
	add(r, op(http.MethodDelete, "/sources/{id}", http.StatusNoContent, account.ScopeManage, "Remove a source; its snapshots stay"), r.deleteSource)
	add(r, op(http.MethodPost, "/sources/{id}/undos", http.StatusOK, account.ScopeManage, "Bring a removed source back while its grace lasts"), r.undoSource)
	add(r, op(http.MethodPost, "/sources/{id}/tests", http.StatusAccepted, account.ScopeOperate, "Test a source's access"), r.startSourceTest)
}

func (r *resources) listSources(ctx context.Context, actor account.Actor, in *Paging) (*listed[Source], error) {
	rows, err := r.site.Services.Sources.List(ctx, actor)
	if err != nil {
		return nil, err
	}
	states, err := r.site.Services.Overview.States(ctx, actor, uuid.Nil)
	if err != nil {
		return nil, err
	}
	return sliceOf(rows, *in, func(s source.Source) Source { return sourceOf(ctx, s, states[s.ID]) }, func(s source.Source) mark { return mark{s.CreatedAt, s.ID} })
}

func (r *resources) createSource(ctx context.Context, actor account.Actor, in *struct{ Body SourceInput }) (*made[Source], error) {
	wanted, err := input(in.Body.Name, in.Body.Kind, source.Config{}, in.Body.SourceAccess, in.Body.SourceSecret)
	if err != nil {
		return nil, err
	}
	id, _, err := r.site.Services.Sources.Create(ctx, actor, wanted)
	if err != nil {
		return nil, err
	}
	shown, err := r.showSource(ctx, actor, &ByID{id})
	if err != nil {
		return nil, err
	}
	return &made[Source]{Location: at("sources", id), ETag: shown.ETag, Body: shown.Body}, nil
}

func (r *resources) showSource(ctx context.Context, actor account.Actor, in *ByID) (*shown[Source], error) {
	s, err := r.site.Services.Sources.Get(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	states, err := r.site.Services.Overview.States(ctx, actor, in.ID)
	return &shown[Source]{ETag: etag(s.Revision), Body: sourceOf(ctx, s, states[in.ID])}, err
}

func (r *resources) replaceSource(ctx context.Context, actor account.Actor, in *struct {
	Changing
	Body SourceInput
}) (*shown[Source], error) {
	revision, err := in.revision()
	if err != nil {
		return nil, err
	}
	wanted, err := input(in.Body.Name, in.Body.Kind, source.Config{}, in.Body.SourceAccess, in.Body.SourceSecret)
	if err != nil {
		return nil, err
	}
	return r.updateSource(ctx, actor, in.Changing, revision, wanted)
}

func (r *resources) patchSource(ctx context.Context, actor account.Actor, in *struct {
	Changing
	Body SourcePatch
}) (*shown[Source], error) {
	revision, err := in.revision()
	if err != nil {
		return nil, err
	}
	was, err := r.site.Services.Sources.Get(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	set(&was.Name, in.Body.Name)
	wanted, err := input(was.Name, was.Kind, was.Config, in.Body.SourceAccess, in.Body.SourceSecret)
	if err != nil {
		return nil, err
	}
	return r.updateSource(ctx, actor, in.Changing, cmp.Or(revision, was.Revision), wanted)
}

func (r *resources) updateSource(ctx context.Context, actor account.Actor, in Changing, revision int, wanted source.Input) (*shown[Source], error) {
	if _, err := r.site.Services.Sources.Update(ctx, actor, in.ID, revision, wanted); err != nil {
		return nil, in.conflict(err)
	}
	return r.showSource(ctx, actor, &ByID{in.ID})
}

func (r *resources) deleteSource(ctx context.Context, actor account.Actor, in *ByID) (*done, error) {
	return &done{}, r.site.Services.Sources.Delete(ctx, actor, in.ID)
}

func (r *resources) undoSource(ctx context.Context, actor account.Actor, in *ByID) (*shown[Source], error) {
	if err := r.site.Services.Sources.Undelete(ctx, actor, in.ID); err != nil {
		return nil, err
	}
	return r.showSource(ctx, actor, in)
}

func (r *resources) startSourceTest(ctx context.Context, actor account.Actor, in *ByID) (*started[SourceTest], error) {
	id, err := r.site.Services.Sources.StartTest(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	t, err := r.site.Services.Sources.GetTest(ctx, actor, id)
	return &started[SourceTest]{Location: at("source-tests", id), Body: sourceTestOf(ctx, t)}, err
}

func factsOf(ctx context.Context, f source.Facts) SourceFacts {
	return SourceFacts{Version: f.Version, Databases: f.Databases, Tables: f.Tables, Files: f.Files, Bytes: f.Bytes, More: f.More, Notes: notesOf(ctx, f.Notes)}
}

func sourceOf(ctx context.Context, s source.Source, state overview.Source) Source {
	out := Source{ID: s.ID, Name: s.Name, Kind: s.Kind, CreatedAt: s.CreatedAt.UTC(), Revision: s.Revision, HasSecret: s.HasSecret,
		IsSample: s.IsSample, TestedAt: utc(s.TestedAt), Facts: factsOf(ctx, s.Facts), SourceAccess: accessOf(s.Config),
		Protection: SourceProtection{State: state.Protection, ProvenAt: utc(state.LastProof), NewestCopy: utc(state.NewestCopy), Needed: state.Attention()}}
	if s.Test != nil {
		t := sourceTestOf(ctx, *s.Test)
		out.Test = &t
	}
	return out
}
