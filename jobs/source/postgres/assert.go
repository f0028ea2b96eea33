package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"levqor/jobs/fail"
)

// Assertion is a customer's own question to a restored database: one SELECT of
// one value that must be true. It may use snapshot_time, the moment of the backup.
type Assertion struct {
	Name string `json:"name"`
	SQL  string `json:"sql"`
}

// assertionTime is how long one assertion may think.
const assertionTime = 30 * time.Second

// Assert asks every assertion in a transaction that can't write and ends soon.
// A false answer, and a question that can't be answered, are checks that are
// not OK; an error means that the database could not be asked at all.
func Assert(ctx context.Context, c Config, database string, assertions []Assertion, snapshotTime time.Time) ([]Check, error) {
	return assert(ctx, c, database, assertions, snapshotTime, assertionTime)
}

func assert(ctx context.Context, c Config, database string, assertions []Assertion, snapshotTime time.Time, limit time.Duration) ([]Check, error) {
	s, err := c.reach(ctx)
	if err != nil {
		return nil, err
	}
	defer s.close()
	if err := c.boundSpill(ctx); err != nil {
		return nil, err
	}
	var checks []Check
	for _, a := range assertions {
		// Each has its own connection: what one sets must not help the next.
		conn, err := s.connect(ctx, database)
		if err != nil {
			return checks, err
		}
		yes, err := ask(ctx, conn, a.SQL, snapshotTime, limit)
		conn.Close(context.WithoutCancel(ctx))
		if ctx.Err() != nil {
			return checks, ctx.Err()
		}
		check := Check{Group: GroupAssertion, Name: a.Name, Recorded: "true", OK: yes && err == nil}
		if err != nil {
			if check.Detail = answerable(err); check.Detail == "" {
				return checks, classify(err)
			}
		} else {
			check.Restored = fmt.Sprint(yes)
		}
		checks = append(checks, check)
	}
	return checks, nil
}

// ask puts the question into a subquery beside snapshot_time, and sends it with
// a parameter: the server then takes one statement only, and only a SELECT fits.
func ask(ctx context.Context, conn *pgx.Conn, question string, snapshotTime time.Time, limit time.Duration) (yes bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, limit+5*time.Second)
	defer cancel()
	if _, err = conn.Exec(ctx, fmt.Sprintf(`SET statement_timeout = %d; SET lock_timeout = %[1]d; SET default_transaction_read_only = on; SET work_mem = '16MB'`, limit.Milliseconds())); err != nil {
		return false, err
	}
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{AccessMode: pgx.ReadOnly})
	if err != nil {
		return false, err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	question = strings.TrimRight(strings.TrimSpace(question), "; \n\t")
	// It is looked at before it is asked: an answer that is no truth could be a gigabyte.
	const name = "question"
	described, err := tx.Prepare(ctx, name, "SELECT answer.* FROM (SELECT $1::timestamptz AS snapshot_time) AS levqor_backup, LATERAL (\n"+question+"\n) AS answer LIMIT 2")
	if err != nil {
		return false, err
	}
	if len(described.Fields) != 1 || described.Fields[0].DataTypeOID != pgtype.BoolOID {
		return false, errOneValue
	}
	rows, err := tx.Query(ctx, name, snapshotTime)
	if err != nil {
		return false, err
	}
	answer, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[*bool])
	if err != nil {
		return false, err
	}
	if answer == nil {
		return false, errOneValue
	}
	return *answer, nil
}

var errOneValue = errors.New("the answer must be one value, true or false")

// answerable is the reason in words where the question is at fault, empty where
// the connection is.
func answerable(err error) string {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		if class := fail.ClassOf(classify(err)); class == fail.ClassTransient && pg.Code != "57014" {
			return ""
		}
		return shorten(pg.Message)
	}
	switch {
	case errors.Is(err, errOneValue), errors.Is(err, pgx.ErrNoRows), errors.Is(err, pgx.ErrTooManyRows):
		return errOneValue.Error()
	}
	return ""
}
