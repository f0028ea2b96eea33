package postgres

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"levqor/jobs/fail"
)

// The objects of a backup that belong to no database.
const (
	GlobalsObject = "globals.sql"
	TruthObject   = "levqor.json"
)

// streams is how many pg_dump processes read at the same time.
const streams = 2

// Put stores one object of a backup. It must read r to its end; an error of r
// is a source that failed half-way and must come back.
type Put func(ctx context.Context, path string, r io.Reader) (int64, error)

// Dump backs up every wanted database, each under one snapshot, without a
// temporary copy, and returns what was in it. Rows are counted twice, by the
// server and in the stream; a difference fails the backup. Failures carry a
// class. The objects: globals.sql, <folder>/schema.dump, <folder>/data/rest.sql,
// one more per big table, and levqor.json, which is the Truth.
func Dump(ctx context.Context, c Config, now time.Time, put Put, p *Progress) (Truth, error) {
	s, err := c.reach(ctx)
	if err != nil {
		return Truth{}, err
	}
	defer s.close()
	truth := Truth{TakenAt: now.UTC()}
	found, err := s.open(ctx, &truth)
	if err != nil {
		return truth, err
	}
	v := &survey{server: s, put: put, progress: p}
	if v.stable, err = s.stableKey(ctx); err != nil {
		return truth, err
	}
	if err := v.all(ctx, found.names, &truth); err != nil {
		return truth, ended(ctx, err)
	}
	truth.Notes, truth.Uncovered = append(found.notes, v.notes...), found.uncovered
	text, err := json.MarshalIndent(truth, "", "  ")
	if err != nil {
		return truth, err
	}
	_, err = put(ctx, TruthObject, bytes.NewReader(text))
	return truth, err
}

// all reads the databases one after the other, and the server's globals beside the first.
func (v *survey) all(ctx context.Context, names []string, truth *Truth) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		truth.Globals, err = v.globals(ctx, names[0])
		return err
	})
	group.Go(func() error {
		for _, name := range names {
			if err := v.one(ctx, name, truth); err != nil {
				return err
			}
		}
		return nil
	})
	return group.Wait()
}

// one reads one database. Where all are wanted, one that was dropped since they
// were listed is no failure.
func (v *survey) one(ctx context.Context, name string, truth *Truth) error {
	d, excluded, err := v.database(ctx, name)
	if f, ok := errors.AsType[*fail.Error](err); ok && f.Key == "postgres.fail.database_gone" && len(v.Databases) == 0 {
		v.notes = append(v.notes, Note{Key: "postgres.note.database_dropped", Args: map[string]any{"name": name}})
		return nil
	}
	if err != nil {
		return err
	}
	truth.Databases = append(truth.Databases, d)
	truth.Excluded = append(truth.Excluded, excluded...)
	return nil
}

// open reads what concerns the whole server: version, roles, databases.
func (s *server) open(ctx context.Context, truth *Truth) (account, error) {
	conn, err := s.entry(ctx)
	if err != nil {
		return account{}, err
	}
	defer conn.Close(ctx)
	if err := s.throughPool(ctx, conn); err != nil {
		return account{}, err
	}
	truth.Version = versionOf(conn)
	if err := s.choose(truth.Version); err != nil {
		return account{}, err
	}
	truth.Client = s.Bin.Version
	if truth.Roles, err = listRoles(ctx, conn); err != nil {
		return account{}, classify(err)
	}
	found, err := s.accountFor(ctx, conn)
	if err == nil && len(found.names) == 0 {
		err = nothingOpen(found)
	}
	return found, err
}

// nothingOpen is why a backup would hold no database at all.
func nothingOpen(found account) error {
	if found.uncovered == 0 {
		return fail.Work(nil, fail.ClassConfig, "postgres.fail.nothing_chosen")
	}
	n := found.notes[0]
	return fail.Work(nil, fail.ClassCredentials, "postgres.fail.no_database", "name", n.Args["name"])
}

func versionOf(conn *pgx.Conn) string {
	version, _, _ := strings.Cut(conn.PgConn().ParameterStatus("server_version"), " ")
	return version
}

// major is 17 of 17.2 and of 17beta1.
func major(version string) int {
	end := strings.IndexFunc(version, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(version)
	}
	n, _ := strconv.Atoi(version[:end])
	return n
}

// globals stores the roles and settings of the server, without passwords. It is
// false where the role may not read them.
func (v *survey) globals(ctx context.Context, database string) (bool, error) {
	args := append([]string{"--globals-only", "--no-role-passwords", "-l", connString(database)}, v.stable...)
	p, err := v.start(ctx, "pg_dumpall", database, nil, args...)
	if err != nil {
		return false, err
	}
	defer p.kill()
	text, err := io.ReadAll(p)
	if err != nil {
		if fail.ClassOf(err) == fail.ClassCredentials {
			return false, nil
		}
		return false, err
	}
	_, err = v.put(ctx, GlobalsObject, bytes.NewReader(text))
	return err == nil, err
}

// connString names a database to programs that would take a name with an equals
// sign for a whole address.
func connString(database string) string {
	return "dbname='" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(database) + "'"
}
