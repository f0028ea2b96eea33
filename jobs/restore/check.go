package restore

import (
	"context"
	"maps"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/google/uuid"

	"levqor/jobs/account"
	"levqor/jobs/source/postgres"
)

// Summary says what a restore will do, before anything is done.
type Summary struct {
	SnapshotID uuid.UUID
	SourceName string
	SourceKind string
	TakenAt    time.Time
	Kind       TargetKind
	Target     Target
	Places     []Place // databases, each with its new name
	Rows       *int64  // databases only
	Tables     int64
	Files      int64
	Bytes      int64
	Expected   *time.Duration // from the last drill's measure; nil before the first
	MeasuredAt *time.Time
	FreeBytes  *int64     // on the target's disk, where it can be known
	LostSince  *time.Time // over live data: what was written since then is replaced
	UndoKept   bool       // today's state is kept first
	Problem    error      // why it would fail now; nil when nothing speaks against it
}

// Place is one database of the copy and the name it will have.
type Place struct {
	From string
	To   string
	Free *bool // nil: the server did not say
}

// reachTime bounds the look at a server while a person waits.
const reachTime = 8 * time.Second

// Check says what Start would do with the same input, and changes nothing. It
// needs what Start needs, but no confirmed identity yet: the page asks for that
// when it shows the summary.
func (r *Restores) Check(ctx context.Context, actor account.Actor, in Input) (Summary, error) {
	if err := actor.Require(account.Operate); err != nil {
		return Summary{}, err
	}
	if in.OverLive && in.Confirm == "" {
		in.Confirm = r.typed(ctx, actor, in) // asked for on the summary's own page
	}
	s, err := r.look(ctx, actor, in)
	if err != nil {
		return Summary{}, err
	}
	sum := s.summary()
	if len(s.in.Paths) > 0 && in.Kind != Database {
		if err := r.weigh(ctx, s, &sum); err != nil {
			return Summary{}, err
		}
	}
	switch in.Kind {
	case Database:
		r.lookAtServer(ctx, actor, s, &sum)
	case Folder:
		sum.FreeBytes = freeBytes(s.target.Folder)
	}
	return sum, nil
}

// typed is what will have to be typed; a source that is not there has no name.
func (r *Restores) typed(ctx context.Context, actor account.Actor, in Input) string {
	s, err := r.look(ctx, actor, Input{SnapshotID: in.SnapshotID, Kind: Download})
	if err != nil {
		return ""
	}
	return s.copy.SourceName
}

func (s settled) summary() Summary {
	sum := Summary{SnapshotID: s.copy.ID, SourceName: s.copy.SourceName, SourceKind: s.copy.SourceKind, TakenAt: s.copy.TakenAt,
		Kind: s.in.Kind, Target: s.target, Rows: s.copy.Rows, Tables: s.truth.Tables, Files: s.files(), Bytes: s.bytes(),
		MeasuredAt: s.copy.MeasuredAt}
	if s.isDatabase() && s.in.Kind == Database {
		sum.Rows, sum.Tables, sum.Bytes = s.chosenCounts()
	}
	for _, from := range slices.Sorted(maps.Keys(s.target.Names)) {
		sum.Places = append(sum.Places, Place{From: from, To: s.target.Names[from]})
	}
	if s.copy.MeasuredMS != nil && s.copy.MeasuredOf != nil && *s.copy.MeasuredOf > 0 {
		expected := expectedTime(time.Duration(*s.copy.MeasuredMS)*time.Millisecond, *s.copy.MeasuredOf, sum.Bytes)
		sum.Expected = &expected
	}
	if s.in.OverLive {
		sum.LostSince, sum.UndoKept = &s.copy.TakenAt, true
	}
	return sum
}

// files and bytes are the source's own: a copy of files also holds the list that
// proofs compare with.
func (s settled) files() int64 {
	if s.truth.Tree != nil {
		return s.truth.Files
	}
	return s.copy.Files
}

func (s settled) bytes() int64 {
	if s.truth.Tree != nil {
		return s.truth.Bytes
	}
	return s.copy.Bytes
}

// expectedTime scales what was measured to the part that is restored, with a
// fifth of it as the fixed cost that even a single table has.
func expectedTime(measured time.Duration, of, bytes int64) time.Duration {
	share := float64(bytes) / float64(of)
	return max(time.Second, time.Duration(float64(measured)*(0.2+0.8*share)))
}

// chosenCounts are rows, tables and bytes of what Paths and Names choose.
func (s settled) chosenCounts() (rows *int64, tables, bytes int64) {
	if s.truth.Postgres == nil {
		return nil, 0, s.copy.Bytes
	}
	expected, err := s.engineTarget().Expect(*s.truth.Postgres)
	if err != nil {
		return nil, 0, 0
	}
	n := expected.Rows()
	return &n, int64(expected.Tables()), expected.Bytes()
}

func (s settled) engineTarget() postgres.Target {
	return postgres.Target{Names: s.target.Names, Only: s.tables, DropExisting: s.in.OverLive}
}

// lookAtServer says which names are free, or why nobody can tell.
func (r *Restores) lookAtServer(ctx context.Context, actor account.Actor, s settled, sum *Summary) {
	ctx, cancel := context.WithTimeout(ctx, reachTime)
	defer cancel()
	config, err := r.server(ctx, actor.Workspace, s.target, s.secret)
	var there []string
	if err == nil && s.truth.Postgres != nil {
		err = postgres.MayRestore(ctx, config, *s.truth.Postgres)
	}
	if err == nil {
		there, err = postgres.Databases(ctx, config)
	}
	if err != nil {
		sum.Problem = err
		return
	}
	for i, p := range sum.Places {
		free := !slices.Contains(there, p.To)
		sum.Places[i].Free = &free
		if !free && !s.in.OverLive {
			sum.Problem = nameTaken(p.To)
		}
	}
}

// freeBytes is what the disk under the nearest folder that exists has left.
func freeBytes(dir string) *int64 {
	var stat syscall.Statfs_t
	for ; dir != ""; dir = filepath.Dir(dir) {
		err := syscall.Statfs(dir, &stat)
		if err == nil {
			free := int64(stat.Bavail) * stat.Bsize
			return &free
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	return nil
}
