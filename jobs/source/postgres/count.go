package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// countedTogether is how many tables one round trip counts.
const countedTogether = 50

// count asks the server, under the same snapshot, what the streams must hold.
func count(ctx context.Context, tx pgx.Tx, tables []Table) error {
	for start := 0; start < len(tables); start += countedTogether {
		var batch pgx.Batch
		for i := start; i < min(start+countedTogether, len(tables)); i++ {
			t := &tables[i]
			if t.Partitioned || t.Left {
				continue
			}
			batch.Queue(`SELECT count(*) FROM ONLY ` + t.sql).QueryRow(func(row pgx.Row) error { return row.Scan(&t.Rows) })
		}
		if err := tx.SendBatch(ctx, &batch).Close(); err != nil {
			return err
		}
	}
	return nil
}

// lockHungry says whether two dumps and a count at once could fill the server's
// lock table: each holds a lock on every table until it ends.
func lockHungry(ctx context.Context, tx pgx.Tx, tables int) (bool, error) {
	var room int
	err := tx.QueryRow(ctx, `SELECT pg_catalog.current_setting('max_locks_per_transaction')::int *
		(pg_catalog.current_setting('max_connections')::int + pg_catalog.current_setting('max_prepared_transactions')::int)`).Scan(&room)
	return 4*tables > room, err
}

// countApart counts in short transactions over the same snapshot, which hold few locks.
func (v *survey) countApart(ctx context.Context, database, snapshot string, tables []Table) error {
	conn, err := v.steady(ctx, database)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	for start := 0; start < len(tables); start += countedTogether {
		err := pgx.BeginTxFunc(ctx, conn, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, `SET TRANSACTION SNAPSHOT `+literal(snapshot)); err != nil {
				return err
			}
			return count(ctx, tx, tables[start:min(start+countedTogether, len(tables))])
		})
		if err != nil {
			return classify(err)
		}
	}
	return nil
}
