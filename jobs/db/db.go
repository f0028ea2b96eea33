// Package db opens Levqor's own database and hands out transactions that see
// one workspace, or that say by name that they see all.
package db

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"levqor/jobs/fail"
)

// DB is a pool whose connections run as levqor_app: neither superuser, nor
// owner, nor able to bypass row-level security.
type DB struct {
	pool    *pgxpool.Pool
	session string
	probe   probe
}

// The roles that rows are seen as.
const (
	appRole    = "levqor_app"
	systemRole = "levqor_system"
)

// Open connects and refuses to go on where row-level security would not bite.
// maxConns 0 takes the driver's default.
func Open(ctx context.Context, url string, maxConns int32) (*DB, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, errors.New("DATABASE_URL is not a valid Postgres address")
	}
	if maxConns > 0 {
		config.MaxConns = maxConns
	}
	d := &DB{session: "levqor " + NewID().String()}
	config.ConnConfig.ConnectTimeout = 5 * time.Second
	config.ConnConfig.DialFunc = dialer().DialContext
	config.PingTimeout = time.Second
	config.ConnConfig.RuntimeParams["timezone"] = "UTC"
	config.ConnConfig.RuntimeParams["application_name"] = d.session
	config.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, setUp)
		return err
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	d.pool = pool
	if err := d.checkRowSecurity(ctx); err != nil {
		pool.Close()
		return nil, err
	}
	return d, nil
}

func (d *DB) checkRowSecurity(ctx context.Context) error {
	var bypasses bool
	err := d.pool.QueryRow(ctx, `
		SELECT r.rolsuper OR r.rolbypassrls OR EXISTS (
			SELECT FROM pg_class c WHERE c.relowner = r.oid AND c.relname = 'workspaces')
		FROM pg_roles r WHERE r.rolname = current_user`).Scan(&bypasses)
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return fmt.Errorf("DATABASE_URL: %w", err)
	}
	if err != nil {
		return fmt.Errorf("look at the database role (has `levqor migrate` run?): %w", err)
	}
	if bypasses {
		return errors.New("refusing to start: the database role would bypass row-level security")
	}
	return nil
}

// Close waits for connections in use.
func (d *DB) Close() { d.pool.Close() }

// Pool is for River and for LISTEN; it sees no tenant row.
func (d *DB) Pool() *pgxpool.Pool { return d.pool }

// Session is the application_name of every connection of this process: who knows it
// can end them all.
func (d *DB) Session() string { return d.session }

// relaxedConns is what River needs: one for its notices, the rest for batches.
const relaxedConns = 6

// Relaxed opens a pool whose commits don't wait for the disk; the caller closes it.
// It is for what River notes about jobs: when the machine dies, the last of that is
// lost and such a job is done again, which every job can be. ctx bounds the opening alone.
func (d *DB) Relaxed(ctx context.Context) (*pgxpool.Pool, error) {
	config := d.pool.Config()
	config.MaxConns = relaxedConns
	config.ConnConfig.RuntimeParams["synchronous_commit"] = "off"
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	return pool, nil
}

// InWorkspace runs fn in a transaction that sees only that workspace's rows.
func (d *DB) InWorkspace(ctx context.Context, workspace uuid.UUID, fn func(ctx context.Context, tx pgx.Tx) error) error {
	if j := d.joinedIn(ctx); j != nil {
		return j.run(ctx, scope{appRole, workspace.String()}, fn)
	}
	begin := "BEGIN; SELECT set_config('levqor.workspace', '" + workspace.String() + "', true)"
	return d.run(ctx, begin, fn)
}

// AsSystem runs fn in a transaction that sees every workspace: for sweeps,
// sign-in, and whatever is not done in one workspace's name.
func (d *DB) AsSystem(ctx context.Context, fn func(ctx context.Context, tx pgx.Tx) error) error {
	if j := d.joinedIn(ctx); j != nil {
		return j.run(ctx, scope{systemRole, ""}, fn)
	}
	return d.run(ctx, "BEGIN; SET LOCAL ROLE "+systemRole, fn)
}

// patience is how long to wait for a connection: people are told that the
// database is away rather than left to wait.
const patience = 5 * time.Second

func (d *DB) run(ctx context.Context, begin string, fn func(ctx context.Context, tx pgx.Tx) error) error {
	conn, err := d.acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	err = pgx.BeginTxFunc(ctx, conn, pgx.TxOptions{BeginQuery: begin}, func(tx pgx.Tx) error { return fn(ctx, tx) })
	if err != nil && ctx.Err() == nil && conn.Conn().IsClosed() {
		return away(err) // it broke off
	}
	return unavailable(err)
}

func (d *DB) acquire(ctx context.Context) (*pgxpool.Conn, error) {
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	conn, err := d.pool.Acquire(waiting)
	if err != nil && ctx.Err() == nil {
		return nil, away(err)
	}
	return conn, err
}

// waitable are the failures of our own database that people can wait out.
var waitable = []string{
	"25006",                            // read only: a standby, or somebody set it so
	"53000", "53100", "53200", "53300", // out of something: disk, memory, connections
	"57P01", "57P02", "57P03", // it stops, crashed, or starts
	"58000", "58030", // its disk fails
}

func unavailable(err error) error {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && slices.Contains(waitable, pg.Code) {
		return away(err)
	}
	return err
}

func away(err error) error {
	if _, ok := errors.AsType[*fail.Error](err); ok {
		return err
	}
	return fail.Wrap(err, fail.Unavailable, "fail.unavailable")
}

// Violates reports whether err is the breach of the named constraint or unique index.
func Violates(err error, constraint string) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pg.ConstraintName == constraint
}

// LockTimeout reports whether err says that a lock was waited for too long.
func LockTimeout(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pg.Code == "55P03"
}

// NoRows reports whether err says that a query found nothing.
func NoRows(err error) bool { return errors.Is(err, pgx.ErrNoRows) }

// NewID makes a time-ordered id (UUIDv7, RFC 9562).
func NewID() uuid.UUID { return uuid.Must(uuid.NewV7()) }
