package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"levqor/jobs/fail"
)

// pooled reports whether a connection pool answers in the server's place: the
// process that it names to us is not the one that works for us.
func pooled(ctx context.Context, conn *pgx.Conn) (bool, error) {
	pid, err := backend(ctx, conn)
	return err == nil && pid != conn.PgConn().PID(), err
}

// backend asks simply: a pool may prepare a statement in one session and run it in another.
func backend(ctx context.Context, conn *pgx.Conn) (pid uint32, err error) {
	err = conn.QueryRow(ctx, `SELECT pg_catalog.pg_backend_pid()`, pgx.QueryExecModeSimpleProtocol).Scan(&pid)
	return pid, err
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
	var money, bytea string
	err = conn.QueryRow(ctx, `SELECT pg_catalog.current_setting('lc_monetary'), pg_catalog.current_setting('bytea_output')`, pgx.QueryExecModeSimpleProtocol).Scan(&money, &bytea)
	switch {
	case err != nil:
		return classify(err)
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
