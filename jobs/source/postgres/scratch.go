package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"strconv"

	"github.com/jackc/pgx/v5"

	"levqor/jobs/db/embedded"
	"levqor/jobs/db/embedded/cage"
	"levqor/jobs/fail"
)

// scratchRole owns what a drill restores. It is no superuser: a restored
// database brings code of its own, and a superuser's code could run programs
// on our machine.
const scratchRole = "levqor_drill"

// Scratch starts a throw-away server in dir, which must be new or empty, big
// enough to restore and read that many tables of one database, and
// returns the access that Restore, Compare and Assert take. end stops the server
// and removes dir; it must be called, also after a cancel.
func Scratch(ctx context.Context, dir string, bin embedded.Binaries, tables int) (c Config, end func(context.Context) error, err error) {
	server, err := embedded.Start(ctx, embedded.Options{Dir: dir, Bin: bin, Fast: true, Caged: true, Params: map[string]string{
		"shared_buffers": "128MB", "maintenance_work_mem": "128MB", "work_mem": "16MB", "max_connections": strconv.Itoa(scratchConnections),
		"max_wal_size": "8GB", "checkpoint_timeout": "1h", "autovacuum": "off", "bgwriter_lru_maxpages": "0",
		"max_locks_per_transaction": strconv.Itoa(scratchLocks(tables)), "max_parallel_maintenance_workers": "1", "log_min_messages": "panic", "restart_after_crash": "off",
	}})
	if err != nil {
		return c, nil, errors.Join(notStarted(err), os.RemoveAll(dir))
	}
	end = func(ctx context.Context) error {
		return errors.Join(server.Stop(ctx), os.RemoveAll(dir))
	}
	c = Config{User: scratchRole, Password: rand.Text(), TLS: TLSDisable, Bin: bin, admin: server.URL("postgres")}
	c.Host, c.Port, _, _ = server.Access()
	if err := addScratchRole(ctx, c); err != nil {
		return c, nil, errors.Join(err, end(context.WithoutCancel(ctx)))
	}
	return c, end, nil
}

const (
	scratchConnections = 20
	// locksPerTable: three sessions read a table at once, each with its indexes.
	locksPerTable = 16
	maxLocks      = 200_000 // per connection: a gigabyte of shared memory
)

// scratchLocks sizes the server's one table of locks, which all connections share.
func scratchLocks(tables int) int {
	return min(max(256, tables*locksPerTable/scratchConnections), maxLocks)
}

// notStarted is why there is no scratch server, in words where somebody can mend it.
func notStarted(err error) error {
	if errors.Is(err, cage.ErrRefused) {
		return fail.Work(err, fail.ClassConfig, "postgres.fail.no_cage")
	}
	if full := classifyText(err, err.Error()); fail.ClassOf(full) == fail.ClassQuota {
		return full
	}
	return err
}

// addScratchRole makes the role that owns what is restored: it sees every row of
// it, whatever policies come along.
func addScratchRole(ctx context.Context, c Config) error {
	conn, err := pgx.Connect(ctx, c.admin)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	_, err = conn.Exec(ctx, `CREATE ROLE `+scratchRole+` LOGIN BYPASSRLS PASSWORD `+literal(c.Password))
	return err
}
