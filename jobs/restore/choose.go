package restore

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/fail"
)

// Choice is what somebody picked of a copy, before they say where it comes back.
type Choice struct {
	SnapshotID  uuid.UUID
	SourceID    uuid.UUID
	SourceName  string
	SourceKind  string
	SourceThere bool // it was not removed since: its own place may be the target
	TakenAt     time.Time
	Damaged     bool
	Items       []string // tables as database.schema.name, databases, files and folders; empty: everything
	Databases   []Place  // those that anything was picked of, with the names they get beside the live ones
	Rows        *int64   // databases only
	Tables      int64
	Files       int64 // of the whole copy; Check counts what was picked
	Bytes       int64
	Folder      string // one that may be the target; empty where no folder may
}

// Choose says what paths mean (Input.Paths), as the first step of a restore.
// Needs Operate. Invalid: paths.
func (r *Restores) Choose(ctx context.Context, actor account.Actor, snapshot uuid.UUID, paths []string) (Choice, error) {
	if err := actor.Require(account.Operate); err != nil {
		return Choice{}, err
	}
	s := settled{in: Input{SnapshotID: snapshot, Kind: Folder, Paths: paths}}
	var taken []string
	err := r.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) (err error) {
		if s.copy, err = findCopy(ctx, tx, snapshot); err != nil {
			return err
		}
		taken, err = namesGiven(ctx, tx, s.copy.SourceID, r.clock.Now().AddDate(0, 0, -2))
		return err
	})
	if err != nil {
		return Choice{}, err
	}
	if err := json.Unmarshal(s.copy.Truth, &s.truth); err != nil {
		return Choice{}, fmt.Errorf("truth of snapshot %s: %w", snapshot, err)
	}
	if s.isDatabase() {
		s.in.Kind = Database
	}
	var form fail.Form
	s.checkPaths(&form)
	if err := form.Err(); err != nil {
		return Choice{}, err
	}
	return s.choice(dayIn(s.copy.Zone, r.clock.Now()), r.options.Roots, taken), nil
}

func (s *settled) choice(today time.Time, folders, taken []string) Choice {
	c := Choice{
		SnapshotID: s.copy.ID, SourceID: s.copy.SourceID, SourceName: s.copy.SourceName, SourceKind: s.copy.SourceKind, SourceThere: s.copy.SourceThere,
		TakenAt: s.copy.TakenAt, Damaged: s.copy.Health != "sound", Items: s.in.Paths, Files: s.files(), Bytes: s.bytes(),
	}
	if len(folders) > 0 {
		c.Folder = filepath.Join(folders[0], folderName(s.copy.SourceName)+"-restored-"+today.Format(time.DateOnly))
	}
	if !s.isDatabase() {
		return c
	}
	s.target.Names, c.Items = map[string]string{}, nil
	for _, name := range s.chosenDatabases() {
		s.target.Names[name] = freeName(name, today, taken)
		c.Databases = append(c.Databases, Place{From: name, To: s.target.Names[name]})
	}
	c.Rows, c.Tables, c.Bytes = s.chosenCounts()
	if len(s.tables) == 0 {
		c.Items = s.whole
	}
	for _, t := range s.tables {
		c.Items = append(c.Items, t.Database+"."+t.Schema+"."+t.Name)
	}
	return c
}

// freeName is NewName, with a number behind it where earlier restores of these
// days have taken it.
func freeName(database string, today time.Time, taken []string) string {
	name := NewName(database, today)
	for n := 2; slices.Contains(taken, name) && n < 100; n++ {
		name = NewName(database, today)
		suffix := "_" + strconv.Itoa(n)
		name = strings.ToValidUTF8(name[:min(len(name), maxName-len(suffix))], "") + suffix
	}
	return name
}

// folderName is a source's name as one part of a path.
func folderName(name string) string {
	safe := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-_.", r) {
			return r
		}
		return '-'
	}, name)
	if safe = strings.Trim(safe, ".-"); safe == "" || len(safe) > 100 {
		return "copy"
	}
	return safe
}
