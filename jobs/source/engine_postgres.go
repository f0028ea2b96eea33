package source

import (
	"cmp"
	"context"
	"io"
	"path/filepath"
	"slices"
	"time"

	"levqor/jobs/db/embedded"
	"levqor/jobs/fail"
	"levqor/jobs/source/postgres"
	"levqor/jobs/task"
	"levqor/jobs/vault/kopia"
)

// database is the engine of Postgres servers.
type database struct{ options Options }

func (e database) Test(ctx context.Context, s Spec, report func(Step)) (Facts, error) {
	facts, err := postgres.Test(ctx, *s.Config.Postgres, func(step postgres.Step) { report(Step(step)) })
	return Facts{Version: facts.Version, Databases: facts.Databases, Tables: facts.Tables, Bytes: facts.Bytes, Notes: facts.Notes}, err
}

func (e database) Backup(ctx context.Context, s Spec, w *kopia.Writer, now time.Time, p *Meter) (Truth, error) {
	put := func(ctx context.Context, path string, r io.Reader) (int64, error) {
		stored, err := w.Stream(ctx, path, now, r)
		return stored.Size, err
	}
	truth, err := postgres.Dump(ctx, *s.Config.Postgres, now, put, p.ofPostgres())
	if err != nil {
		return Truth{}, err
	}
	return truthOf(truth), nil
}

func truthOf(truth postgres.Truth) Truth {
	rows := truth.Rows()
	out := Truth{Kind: Postgres, Rows: &rows, Tables: int64(truth.Tables()), Bytes: truth.Bytes(), Notes: truth.Notes, Uncovered: truth.Uncovered}
	truth.Notes = nil // they are the same for every kind
	out.Postgres = &truth
	return out
}

// ofPostgres makes the meter follow a Progress.
func (m *Meter) ofPostgres() *postgres.Progress {
	p := &postgres.Progress{}
	m.follow(func() task.Progress {
		r := p.Read()
		return task.Progress{Current: r.Current, BytesDone: r.Bytes, BytesTotal: max(r.BytesTotal, r.Bytes), ItemsDone: r.Tables, ItemsTotal: r.TablesOf}
	})
	return p
}

func (e database) Restore(ctx context.Context, from Stored, to Target, now time.Time, p *Meter) (Restored, error) {
	if to.Postgres == nil || from.Truth.Postgres == nil {
		return Restored{}, errTarget()
	}
	target := *to.Postgres
	target.Whole = !from.Partial
	if target.Dial == nil {
		target.Dial = e.options.Dial.DialContext
	}
	done, err := postgres.Restore(ctx, target, *from.Truth.Postgres, from.open, now, p.ofPostgres())
	notes := done.Notes
	if len(target.Only) == 0 {
		notes = slices.Concat(from.Truth.Notes, notes) // what the copy lacks does not come back either
	}
	return Restored{Names: done.Names, Kept: done.Kept, Rows: done.Rows, Short: done.Short, Notes: notes}, err
}

func errTarget() error { return fail.Work(nil, fail.ClassConfig, "source.fail.target_kind") }

func (s Stored) open(ctx context.Context, path string) (io.ReadCloser, error) {
	file, _, err := s.Repo.OpenFile(ctx, s.Manifest, path)
	return file, err
}

func (e database) Prove(ctx context.Context, from Stored, scratch Scratch, asserts []Assertion, takenAt time.Time, p *Meter, log Log) (found Proven, err error) {
	truth := from.Truth.Postgres
	if truth == nil {
		return found, errTarget()
	}
	all, err := embedded.All(ctx, scratch.PostgresBin)
	if err != nil {
		return found, fail.Work(err, fail.ClassConfig, "postgres.fail.no_tools")
	}
	bin, err := truth.Choose(all)
	if err != nil {
		return found, err
	}
	server, end, err := postgres.Scratch(ctx, filepath.Join(scratch.Dir, "server"), bin, truth.MostTables())
	if err != nil {
		return found, err
	}
	defer func() {
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
		defer cancel()
		if endErr := end(stop); err == nil {
			err = endErr
		}
		if fail.ClassOf(err) == fail.ClassCredentials { // of our own server: the source's role is not at fault
			err = fail.Work(err, fail.ClassInternal, "postgres.fail.scratch_refused", "detail", err.Error())
		}
	}()
	start, names := time.Now(), scratchNames(*truth)
	restored, err := postgres.Restore(ctx, postgres.Target{Config: server, Names: names}, *truth, from.open, takenAt, p.ofPostgres())
	found.Took, found.Notes = time.Since(start), slices.Concat(from.Truth.Notes, postgres.ProvenOn(truth.Version, bin), restored.Notes)
	if err != nil {
		return found, err
	}
	if err := log(ctx, "source.log.restored", "seconds", int(found.Took.Round(time.Second).Seconds()), "rows", truth.Rows()); err != nil {
		return found, err
	}
	compared, err := restored.Compare(ctx, server, names, *truth, p.ofPostgres())
	if err != nil {
		return found, err
	}
	answered, err := answer(ctx, server, *truth, names, asserts, takenAt)
	for _, c := range append(compared, answered...) {
		found.Checks = append(found.Checks, single(c))
	}
	return found, err
}

// scratchNames are the databases' own, but for those that every server has.
func scratchNames(truth postgres.Truth) map[string]string {
	names := map[string]string{}
	for _, d := range truth.Databases {
		names[d.Name] = d.Name
	}
	for _, taken := range []string{"postgres", "template0", "template1"} {
		if names[taken] == "" {
			continue
		}
		name := taken + "_restored"
		for names[name] != "" {
			name += "_"
		}
		names[taken] = name
	}
	return names
}

// answer asks each assertion of its database; without a name, of the first.
func answer(ctx context.Context, server postgres.Config, truth postgres.Truth, names map[string]string, asserts []Assertion, takenAt time.Time) (checks []postgres.Check, err error) {
	for _, a := range asserts {
		name := a.Database
		if name == "" && len(truth.Databases) > 0 {
			name = truth.Databases[0].Name
		}
		found, err := postgres.Assert(ctx, server, cmp.Or(names[name], name), []postgres.Assertion{{Name: a.Name, SQL: a.Query}}, takenAt)
		if fail.ClassOf(err) == fail.ClassGone {
			found, err = []postgres.Check{{Group: postgres.GroupAssertion, Name: a.Name, Recorded: "true", Detail: "no database " + name}}, nil
		}
		if err != nil {
			return checks, err
		}
		checks = append(checks, found...)
	}
	return checks, nil
}

func single(c postgres.Check) Check {
	out := Check{Group: c.Group, Name: c.Name, Recorded: c.Recorded, Restored: c.Restored, Total: 1, OK: c.OK, Detail: c.Detail}
	if c.OK {
		out.Good = 1
	}
	return out
}
