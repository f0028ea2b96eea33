package postgres

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"levqor/jobs/fail"
)

// Open reads one object of a backup back.
type Open func(ctx context.Context, path string) (io.ReadCloser, error)

// TableName names one table of a backup, exactly as the Truth does.
type TableName struct{ Database, Schema, Name string }

// Target says where a backup comes back and how much of it.
type Target struct {
	Config // a role that may create databases; Databases and Exclude are ignored
	// Names maps a database of the backup to its new name; only those named are
	// restored. Empty restores all under their own names.
	Names map[string]string
	// Only restores these tables, with their partitions, into new databases.
	Only []TableName
	Jobs int // connections that write at the same time; 0 means 2
	// DropExisting lets a restore replace databases: each comes back beside the
	// old one and takes its name at the very end; the old one is kept.
	DropExisting bool
	// Whole refuses a new database that lacks what the copy could not give; else it
	// comes back without, and the notes name what it lacks.
	Whole bool
	// Attempt is in the names of what is not ready yet: no two attempts of a restore
	// share one. Held is asked before anything is dropped or renamed; nil: nobody
	// else can have taken the restore over.
	Attempt int
	Held    func(ctx context.Context) error
}

func (t Target) held(ctx context.Context) error {
	if t.Held == nil {
		return nil
	}
	return t.Held(ctx)
}

// Restored says what a restore left behind.
type Restored struct {
	Names map[string]string `json:"names"`          // database of the backup → where it is now
	Kept  map[string]string `json:"kept,omitempty"` // replaced database → the name that its old state has now
	Rows  int64             `json:"rows"`
	Short int64             `json:"short,omitempty"` // rows of the copy that did not come back: the notes name their tables
	Notes []Note            `json:"notes,omitempty"`

	gaps map[string]*gap // what was not made, by the copy's names
}

// Restore brings databases back. A failure or a cancel leaves nothing behind:
// new databases are dropped, replaced ones stay as they were. What can't be made
// is a note, and a table whose rows don't come back is one too, as long as any
// do; but over live data nothing is replaced then: the new database is kept
// beside it, and the failure says under which name.
func Restore(ctx context.Context, t Target, truth Truth, open Open, now time.Time, p *Progress) (Restored, error) {
	done := Restored{Names: map[string]string{}, Kept: map[string]string{}, gaps: map[string]*gap{}}
	if len(t.Only) > 0 && t.DropExisting {
		return done, fail.Work(nil, fail.ClassConfig, "postgres.fail.only_beside")
	}
	wanted, err := t.wanted(truth)
	if err != nil {
		return done, err
	}
	s, err := t.reach(ctx)
	if err != nil {
		return done, err
	}
	defer s.close()
	r := &restore{server: s, target: t, open: open, progress: p, done: &done, jobs: cmp.Or(t.Jobs, streams)}
	if err := r.begin(ctx, truth); err != nil {
		return done, err
	}
	defer r.conn.Close(context.WithoutCancel(ctx))
	if err := r.all(ctx, wanted, now); err != nil {
		return done, errors.Join(ended(ctx, err), r.undo(ctx))
	}
	return done, nil
}

// wanted is the databases to restore, each with its new name.
func (t Target) wanted(truth Truth) ([]Database, error) {
	found := truth.Databases
	if len(t.Names) > 0 {
		found = nil
		for _, d := range truth.Databases {
			if t.Names[d.Name] != "" {
				found = append(found, d)
			}
		}
		if len(found) < len(t.Names) {
			return nil, fail.Work(nil, fail.ClassConfig, "postgres.fail.not_in_copy")
		}
	}
	if len(t.Only) == 0 {
		return found, nil
	}
	var some []Database
	for _, d := range found {
		if d.Tables, d.Partial = t.only(d), true; len(d.Tables) > 0 {
			some = append(some, d)
		}
	}
	if len(some) == 0 {
		return nil, fail.Work(nil, fail.ClassConfig, "postgres.fail.not_in_copy")
	}
	return some, nil
}

// Expect is the part of a Truth that a restore to this target brings back:
// what Compare is to be given afterwards.
func (t Target) Expect(truth Truth) (Truth, error) {
	databases, err := t.wanted(truth)
	truth.Databases = databases
	return truth, err
}

// only is the chosen tables of a database, and the partitions of chosen ones.
func (t Target) only(d Database) []Table {
	chosen := map[string]bool{}
	for _, name := range t.Only {
		if name.Database == d.Name {
			chosen[name.Schema+"."+name.Name] = true
		}
	}
	for grew := true; grew; {
		grew = false
		for _, table := range d.Tables {
			if name := table.Schema + "." + table.Name; chosen[table.PartitionOf] && !chosen[name] {
				chosen[name], grew = true, true
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(d.Tables), func(table Table) bool { return !chosen[table.Schema+"."+table.Name] })
}

// restore is one restore under way.
type restore struct {
	*server
	target   Target
	open     Open
	progress *Progress
	done     *Restored
	jobs     int

	conn        *pgx.Conn // for what concerns the whole server
	superuser   bool
	owners      bool     // every recorded role is there and may be given what it owned
	fresh       []string // databases made so far, to drop on failure
	major       int      // of the server's version
	spaces      []string // the server's tablespaces
	tablespaces bool     // every recorded one is there

	// of the database under way
	gap        *gap
	failed     []failure
	given      map[int]Note // definitions in another form, by their entries
	lost       []string     // tables whose rows did not come back in full
	damage     error        // the copy itself is not what was recorded
	lock       sync.Mutex   // the fields below are written by several loaders
	tables     map[tableKey]*loadedTable
	statements []refusedSQL
	unreadable []string // objects
}

func (r *restore) note(key string, args map[string]any) {
	r.done.Notes = append(r.done.Notes, Note{Key: "postgres.note." + key, Args: args})
}

func (r *restore) all(ctx context.Context, wanted []Database, now time.Time) error {
	var swaps []swap
	for _, d := range wanted {
		final := cmp.Or(r.target.Names[d.Name], d.Name)
		taken, err := r.exists(ctx, final)
		if err != nil {
			return err
		}
		fresh := final
		if taken {
			if !r.target.DropExisting {
				return fail.Work(nil, fail.ClassConfig, "postgres.fail.name_taken", "name", final)
			}
			fresh = freshName(final, now, r.target.Attempt)
			swaps = append(swaps, swap{live: final, fresh: fresh, kept: stamped(final, "_before_", now)})
		}
		o := ownOf(d)
		if taken {
			if o, err = r.liveOwn(ctx, final); err != nil {
				return err
			}
		}
		if err := r.database(ctx, d, o, fresh); err != nil {
			return err
		}
		if taken && (len(r.lost) > 0 || r.damage != nil) {
			return r.keepBeside(d, fresh)
		}
		if r.target.Whole && len(r.unreadable) > 0 {
			return r.damage
		}
		r.done.Names[d.Name] = final
	}
	if err := r.target.held(ctx); err != nil {
		return err
	}
	return r.swap(ctx, swaps)
}

// database makes one database and fills it. Its own settings come last: they
// must not act on the work.
func (r *restore) database(ctx context.Context, d Database, o own, name string) error {
	r.gap, r.failed, r.given, r.lost, r.damage, r.unreadable = newGap(), nil, map[int]Note{}, nil, nil, nil
	r.done.gaps[d.Name] = r.gap
	d.Owner = o.Owner
	if err := r.create(ctx, d, name); err != nil {
		return err
	}
	schema, err := r.fetchSchema(ctx, d)
	if err != nil {
		return err
	}
	defer os.RemoveAll(schema.dir)
	if err := r.prepareExtensions(ctx, d, name); err != nil {
		return err
	}
	if err := r.definitions(ctx, d, name, schema, "pre-data"); err != nil {
		return err
	}
	if err := r.load(ctx, d, name); err != nil {
		return err
	}
	if err := r.definitions(ctx, d, name, schema, "post-data"); err != nil {
		return err
	}
	if len(r.target.Only) > 0 {
		if err := r.dropStraySequences(ctx, name); err != nil {
			return err
		}
	}
	r.tell(d, schema)
	if r.admin == "" { // of a drill, the proof compares
		if err := r.verify(ctx, d, name); err != nil {
			return err
		}
	}
	return r.giveOwn(ctx, d, o, name)
}

// verify holds what was written against what was recorded, as a drill does.
func (r *restore) verify(ctx context.Context, d Database, name string) error {
	checks, err := compare(ctx, r.target.Config, map[string]string{d.Name: name}, Truth{Databases: []Database{d}}, r.done.gaps, r.progress)
	switch class := fail.ClassOf(err); {
	case err == nil:
	case ctx.Err() != nil, class == fail.ClassTransient, class == fail.ClassQuota:
		return err
	default:
		r.note("not_compared", map[string]any{"name": d.Name, "reason": reasonOf(err)})
		return nil
	}
	for _, c := range checks {
		if c.OK || slices.Contains(r.lost, c.Name) {
			continue
		}
		r.note("differs", map[string]any{"name": c.Name, "recorded": c.Recorded, "restored": c.Restored})
		if c.Group == GroupHash || c.Group == GroupRows {
			r.lost = append(r.lost, c.Name)
			if r.damage == nil {
				r.damage = fail.Work(nil, fail.ClassDamaged, "postgres.fail.content_differs", "name", c.Name)
			}
		}
	}
	return nil
}

// keepBeside ends a restore over live data that is not whole: nothing is
// replaced, and what came back stays for whoever needs it.
func (r *restore) keepBeside(d Database, fresh string) error {
	r.fresh = slices.DeleteFunc(r.fresh, func(name string) bool { return name == fresh })
	class := fail.ClassConfig
	if r.damage != nil {
		class = fail.ClassDamaged
	}
	return fail.Work(r.damage, class, "postgres.fail.incomplete_live", "name", d.Name, "kept", fresh, "tables", sampleOf(append(r.lost, r.unreadable...)))
}

// undoTime is how long cleaning up may take after the work was canceled.
const undoTime = time.Minute

// undo drops what a failed restore made.
func (r *restore) undo(ctx context.Context) error {
	if err := r.target.held(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTime)
	defer cancel()
	if len(r.fresh) == 0 {
		return nil
	}
	conn, err := r.maintenance(ctx) // the work's own connection may be what broke
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	for _, name := range r.fresh {
		err = errors.Join(err, drop(ctx, conn, name))
	}
	return err
}
