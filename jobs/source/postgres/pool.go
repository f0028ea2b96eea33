package postgres

import (
	"context"
	"errors"
	"strconv"

	"github.com/jackc/pgx/v5"

	"levqor/jobs/fail"
)

// pooled reports whether a connection pool answers in the server's place: the
// process that it names to us is not the one that works for us.
func pooled(ctx context.Context, conn *pgx.Conn) (bool, error) {
	pid, err := backend(ctx, conn)
	return err == nil && pid != conn.PgConn().PID(), err
}

func backend(ctx context.Context, conn *pgx.Conn) (uint32, error) {
	row, err := simply(ctx, conn, `SELECT pg_catalog.pg_backend_pid()`)
	if err != nil {
		return 0, err
	}
	pid, err := strconv.ParseUint(row[0], 10, 32)
	return uint32(pid), err
}

var errNoRow = errors.New("the server answered without a row")

// simply asks for one row in one message: a pool may prepare a statement in one
// session and run it in another.
func simply(ctx context.Context, conn *pgx.Conn, sql string) (row []string, err error) {
	results, err := conn.PgConn().Exec(ctx, sql).ReadAll()
	if err != nil {
		return nil, err
	}
	if len(results) == 0 || len(results[0].Rows) == 0 {
		return nil, errNoRow
	}
	for _, field := range results[0].Rows[0] {
		row = append(row, string(field))
	}
	return row, nil
}

// throughPool settles how we work behind a pool: one that lends a session to
// whoever asks first can't carry a snapshot or a setting, and is refused; one
// that keeps a session for us is taken, without the options that no pool passes on.
func (s *server) throughPool(ctx context.Context, conn *pgx.Conn) error {
	is, err := pooled(ctx, conn)
	if err != nil || !is {
		return classify(err)
	}
	s.pool = true
	lends, err := s.lendsSessions(ctx, conn)
	if err != nil {
		return classify(err)
	}
	if lends {
		return fail.Work(nil, fail.ClassConfig, "postgres.fail.pool_transaction")
	}
	row, err := simply(ctx, conn, `SELECT pg_catalog.current_setting('lc_monetary'), pg_catalog.current_setting('bytea_output')`)
	if err != nil {
		return classify(err)
	}
	switch money, bytea := row[0], row[1]; {
	case money != "C" && money != "C.UTF-8" && money != "POSIX":
		return fail.Work(nil, fail.ClassConfig, "postgres.fail.pool_setting", "name", "lc_monetary", "value", "C", "role", s.User)
	case bytea != "hex":
		return fail.Work(nil, fail.ClassConfig, "postgres.fail.pool_setting", "name", "bytea_output", "value", "hex", "role", s.User)
	}
	return nil
}

// lendsSessions finds out whether an idle connection keeps its session: while a
// second one holds a session busy, a third must not get the one that idles.
func (s *server) lendsSessions(ctx context.Context, idle *pgx.Conn) (bool, error) {
	mine, err := backend(ctx, idle)
	if err != nil {
		return false, err
	}
	for range 3 {
		other, err := s.connect(ctx, idle.Config().Database)
		if err != nil {
			return false, err
		}
		defer other.Close(context.WithoutCancel(ctx))
		if _, err := other.Exec(ctx, `BEGIN`); err != nil {
			return false, err
		}
		theirs, err := backend(ctx, other)
		if err != nil || theirs == mine {
			return err == nil, err
		}
	}
	return false, nil
}
