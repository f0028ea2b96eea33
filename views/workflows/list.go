package workflows

import (
	"context"

	"levqor/jobs/workflow/engine"
	"levqor/locales"
	"levqor/views/parts"
)

// often follows every run, at most every two seconds: many may end at once.
func often() string { return string(engine.AllRuns) + " from:#live throttle:2s, refresh from:#live" }

func columns(ctx context.Context) []parts.Column {
	return []parts.Column{
		{Label: locales.T(ctx, "workflows.col.name")}, {Label: locales.T(ctx, "workflows.col.starts")}, {Label: locales.T(ctx, "workflows.col.version")},
		{Label: locales.T(ctx, "workflows.col.last")}, {Label: locales.T(ctx, "workflows.col.next")},
		{Label: locales.T(ctx, "workflows.col.waiting"), Num: true}, {Label: locales.T(ctx, "workflows.col.do"), Hidden: true},
	}
}

func emptyList(ctx context.Context, canManage bool) parts.EmptyProps {
	p := parts.EmptyProps{Title: locales.T(ctx, "workflows.none"), Text: locales.T(ctx, "workflows.none_text"), Icon: "workflow"}
	if canManage {
		p.Action = parts.Action{Label: locales.T(ctx, "workflows.new.do"), URL: "/workflows/new", Icon: "plus"}
	}
	return p
}
