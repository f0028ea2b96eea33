package postgres

import (
	"context"
	_ "embed"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// SampleDatabase is the shop that Sample makes.
const SampleDatabase = "shop"

//go:embed sample.sql
var sampleSQL string

// Sample makes a small shop's database, with about rows order lines, on the
// server of adminURL: something to back up on the first day. A shop that exists
// is left as it is; one that was begun and not ended is made anew.
func Sample(ctx context.Context, adminURL string, rows int) error {
	conn, err := pgx.Connect(ctx, adminURL)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	// Two starts at the same time make one shop.
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock(hashtext('levqor sample'))`); err != nil {
		return err
	}
	var made bool
	if err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, SampleDatabase).Scan(&made); err != nil || made {
		return err
	}
	begun := SampleDatabase + "_begun"
	if err := drop(ctx, conn, begun); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, `CREATE DATABASE `+begun+` TEMPLATE template0 ENCODING 'UTF8'`); err != nil {
		return err
	}
	if err := fillSample(ctx, conn.Config(), begun, rows); err != nil {
		return fmt.Errorf("fill the sample shop: %w", err)
	}
	_, err = conn.Exec(ctx, `ALTER DATABASE `+begun+` RENAME TO `+SampleDatabase)
	return err
}

func fillSample(ctx context.Context, config *pgx.ConnConfig, database string, rows int) error {
	config.Database = database
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	sql := strings.ReplaceAll(sampleSQL, "$1", strconv.Itoa(max(rows, 1))+"::bigint")
	_, err = conn.Exec(ctx, sql)
	return err
}
