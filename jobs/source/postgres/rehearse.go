package postgres

import (
	"context"
	"errors"
	"time"

	"levqor/jobs/fail"
)

// rehearseTime bounds the rehearsal: pg_dump reads a whole catalogue before the
// first row.
const rehearseTime = 25 * time.Second

// rehearse does what a backup does, with the smallest table of a database: a
// snapshot that several sessions share, and pg_dump over it.
func (t *trial) rehearse(ctx context.Context, s *Step) error {
	conn, err := t.server.entry(ctx)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if err := t.server.throughPool(ctx, conn); err != nil {
		return err
	}
	if t.server.pool {
		s.Key = "postgres.step.rehearse_pool"
	}
	s.Args["name"] = t.rehearsed.name
	short, cancel := context.WithTimeout(ctx, rehearseTime)
	defer cancel()
	err = t.rehearsed.read(short, t.server)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		s.Key = "postgres.step.rehearse_slow"
		return nil
	}
	return err
}

// rehearsal is the database to try, with its smallest table; without one, its
// definitions are read.
type rehearsal struct {
	name  string
	table *Table
}

func (r *rehearsal) consider(database string, relations []relation) {
	for _, found := range relations {
		if found.Excluded || found.Partitioned || found.Unlogged || r.table != nil && found.Bytes >= r.table.Bytes {
			continue
		}
		t := found.table()
		r.name, r.table = database, &t
	}
	if r.name == "" {
		r.name = database
	}
}

func (r rehearsal) read(ctx context.Context, s *server) error {
	v := &survey{server: s}
	conn, err := v.steady(ctx, r.name)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	_, snapshot, err := hold(ctx, conn)
	if err != nil {
		return err
	}
	args := []string{"--snapshot=" + snapshot, "--no-password", "--lock-wait-timeout=" + lockTimeout}
	path := "schema.dump"
	if r.table != nil {
		encoding := conn.PgConn().ParameterStatus("server_encoding")
		args, path = append(args, "--section=data", "--encoding="+encoding, "-t", r.table.pattern()), "rows.sql"
	} else {
		args = append(args, "--section=pre-data")
	}
	_, err = v.stream(ctx, r.name, object{path: path, args: args})
	if fail.ClassOf(err) == "" && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}
