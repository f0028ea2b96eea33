// Package snapshots shows what backups left in vaults: all of them, one, its files
// and tables, and what changed since the one before.
package snapshots

import (
	"context"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"levqor/jobs/backup"
	"levqor/locales"
	"levqor/views/parts"
)

// URL is a snapshot's page.
func URL(id uuid.UUID) templ.SafeURL { return templ.SafeURL("/snapshots/" + id.String()) }

func columns(ctx context.Context, withSource, pick bool) []parts.Column {
	var out []parts.Column
	if pick {
		out = append(out, parts.Column{Label: locales.T(ctx, "snapshots.col.pick"), Hidden: true})
	}
	out = append(out, parts.Column{Label: locales.T(ctx, "snapshots.col.snapshot")})
	if withSource {
		out = append(out, parts.Column{Label: locales.T(ctx, "snapshots.col.source")})
	}
	return append(out,
		parts.Column{Label: locales.T(ctx, "snapshots.col.taken")},
		parts.Column{Label: locales.T(ctx, "snapshots.col.size"), Num: true},
		parts.Column{Label: locales.T(ctx, "snapshots.col.holds"), Num: true},
		parts.Column{Label: locales.T(ctx, "snapshots.col.proof")},
		parts.Column{Label: locales.T(ctx, "snapshots.col.kept")},
		parts.Column{Label: locales.T(ctx, "snapshots.col.expires")},
	)
}

// contents counts rows of databases, files of everything else.
func contents(ctx context.Context, s backup.Snapshot) string {
	if s.Rows != nil {
		return locales.N(ctx, "snapshots.rows", int(*s.Rows))
	}
	return locales.N(ctx, "snapshots.files_count", int(s.Files))
}

const mostReasons = 3 // in a table

// because is why a snapshot is kept, in words; a hold has a chip of its own.
func because(ctx context.Context, s backup.Snapshot, most int) (shown, rest []string) {
	for _, reason := range s.KeepReasons {
		if reason != backup.ReasonHeld {
			shown = append(shown, locales.T(ctx, "backup.reason."+string(reason)))
		}
	}
	if len(shown) > most {
		return shown[:most], shown[most:]
	}
	return shown, nil
}
