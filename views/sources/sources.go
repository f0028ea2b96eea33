// Package sources shows what is protected: the list, adding one, and one's own pages.
package sources

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"levqor/jobs/backup"
	"levqor/jobs/drill"
	"levqor/jobs/overview"
	"levqor/jobs/source"
	"levqor/locales"
	"levqor/views/home"
	"levqor/views/layout"
	"levqor/views/parts"
	"levqor/views/plans"
)

// List is the page of all sources.
type List struct {
	Frame     layout.Frame
	Sources   []source.Source
	Deleted   []source.Deleted // that can still be brought back
	States    map[uuid.UUID]overview.Source
	Sample    bool // a sample database can be added
	CanManage bool
}

// Form is adding a source, or changing its access. Values are what was typed,
// never a secret.
type Form struct {
	Frame     layout.Frame
	Kind      source.Kind
	Values    map[string]string
	Problems  parts.Problems
	Roots     []string       // folders that the operator allows; none: no source can be a folder
	User      string         // who runs Levqor, to be let into folders
	Sample    bool           // a sample database can be added
	Source    *source.Source // nil: a new one
	Revision  int
	Plan      *uuid.UUID // of Source, for the tabs
	Moved     bool       // somebody else changed it meanwhile
	Confirm   string     // what is wrong with the name typed to delete it
	GraceDays int        // in which a deletion can be undone
	Forgotten bool       // a secret was typed, and must be typed again
}

// Value is what was typed into a field.
func (f Form) Value(name string) string { return f.Values[name] }

// Show is a source's own page.
type Show struct {
	Frame     layout.Frame
	Source    source.Source
	Facts     overview.SourceFacts
	Plans     []backup.Plan
	Ended     []backup.DeletedPlan // that can still be brought back
	Backups   []backup.Backup
	Snapshots []backup.Snapshot
	Drills    []drill.Drill
	Active    templ.Component // the running task's card, or nil
	Busy      bool            // a backup runs
	Can       plans.Rights
	Now       time.Time
}

// Trial is the page of a connection test.
type Trial struct {
	Frame   layout.Frame
	Source  source.Source
	Test    source.Test
	HasPlan bool
	Can     plans.Rights
	Now     time.Time
}

func place(s source.Source) string {
	switch {
	case s.Config.Postgres != nil:
		return s.Config.Postgres.Host + ":" + strconv.Itoa(s.Config.Postgres.Port)
	case s.Config.Folder != nil:
		return s.Config.Folder.Path
	case s.Config.Bucket != nil:
		return strings.TrimSuffix(s.Config.Bucket.Place(), "/")
	}
	return ""
}

func kindIcon(k source.Kind) string { return home.KindIcon(string(k)) }

func kindName(ctx context.Context, kind source.Kind) string {
	return locales.T(ctx, "source.kind."+string(kind))
}

// version is the kind with what the last good test learned: "PostgreSQL 17.2".
func version(ctx context.Context, s source.Source) string {
	if s.Facts.Version == "" {
		return kindName(ctx, s.Kind)
	}
	return kindName(ctx, s.Kind) + " " + s.Facts.Version
}

// holds is what the last good test counted: "3 databases, 63 tables".
func holds(ctx context.Context, s source.Source) string {
	f := s.Facts
	switch {
	case s.TestedAt == nil:
		return ""
	case s.Kind == source.Postgres:
		return locales.N(ctx, "sources.databases", f.Databases) + ", " + locales.N(ctx, "sources.tables", f.Tables)
	case f.More:
		return locales.T(ctx, "sources.files_more", "count", locales.Number(ctx, f.Files))
	default:
		return locales.N(ctx, "sources.files", int(f.Files))
	}
}

func url(id uuid.UUID, rest string) templ.SafeURL {
	return templ.SafeURL("/sources/" + id.String() + rest)
}
