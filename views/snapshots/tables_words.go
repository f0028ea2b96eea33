package snapshots

import (
	"context"
	"strconv"

	"github.com/a-h/templ"

	"levqor/locales"
	"levqor/views/parts"
)

func (p *Tables) columns(ctx context.Context) (out []parts.Column) {
	if p.choosable() {
		out = append(out, parts.Column{Label: locales.T(ctx, "snapshots.col.pick"), Hidden: true})
	}
	out = append(out, parts.Column{Label: locales.T(ctx, "snapshots.level."+string(p.Level()))})
	if p.Level() != LevelTables {
		out = append(out, parts.Column{Label: locales.T(ctx, "snapshots.col.tables"), Num: true})
	}
	out = append(out, parts.Column{Label: locales.T(ctx, "snapshots.col.rows"), Num: true}, parts.Column{Label: locales.T(ctx, "snapshots.col.size"), Num: true})
	if p.Level() == LevelTables && p.Since.Before != nil {
		out = append(out, parts.Column{Label: locales.T(ctx, "snapshots.since.col", "when", locales.When(ctx, p.Since.Before.TakenAt))})
	}
	return out
}

// next is the page after this one, first the one that the list begins with.
func (p *Tables) pages(more bool) (first, next templ.SafeURL) {
	if p.From > 0 {
		first = p.here("from", "")
	}
	if more {
		next = p.here("from", strconv.Itoa(p.From+tablesPage))
	}
	return first, next
}

// firstOf is "first 8 of 2,104,310".
func (p *Tables) firstOf(ctx context.Context) string {
	_, t, _ := p.Open()
	if p.Peek == nil || len(p.Peek.Rows) == 0 {
		return ""
	}
	return locales.T(ctx, "snapshots.peek_first", "n", locales.Number(ctx, len(p.Peek.Rows)), "total", locales.Number(ctx, t.Rows))
}

func (p *Tables) noRows(ctx context.Context) string {
	_, t, _ := p.Open()
	switch {
	case t.Partitioned:
		return locales.T(ctx, "snapshots.peek_partitioned")
	case t.Rows == 0:
		return locales.T(ctx, "snapshots.peek_empty")
	default:
		return locales.T(ctx, "snapshots.peek_far")
	}
}
