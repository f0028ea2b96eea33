package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"levqor/jobs/db/embedded"
	"levqor/jobs/source/postgres"
)

const (
	pgbenchScale = 40
	articles     = 260_000 // about 430 MB of text
	transactions = 4_000   // between a first and a second backup
	databaseName = "shop"
)

// shop is a customer's server with one database: pgbench's tables, later one of
// text beside them.
type shop struct {
	b        *bench
	server   *embedded.Server
	bin      embedded.Binaries
	password string
	dumpKey  []string // makes two dumps of the same data the same
}

// databases runs the sections that need the customer's server.
func (b *bench) databases(ctx context.Context, r *report) (err error) {
	s, err := b.openShop(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close(ctx)) }()
	if b.wants(sectionPostgres) {
		if err := s.compare(ctx, r, "pgbench's tables"); err != nil {
			return fmt.Errorf("postgres: %w", err)
		}
	}
	b.say("writing %d articles", b.scaled(articles))
	if err := s.addArticles(ctx, b.scaled(articles)); err != nil {
		return err
	}
	if b.wants(sectionPostgres) {
		if err := s.compare(ctx, r, "pgbench's tables and one of text"); err != nil {
			return fmt.Errorf("postgres: %w", err)
		}
	}
	if b.wants(sectionDrill) {
		if err := s.drills(ctx, r); err != nil {
			return fmt.Errorf("drill: %w", err)
		}
	}
	if b.wants(sectionDump) {
		if err := s.dumps(ctx, r); err != nil {
			return fmt.Errorf("dump: %w", err)
		}
	}
	return nil
}

func (b *bench) openShop(ctx context.Context) (*shop, error) {
	bin, err := embedded.Find(ctx, os.Getenv("LEVQOR_PG_BIN"))
	if err != nil {
		return nil, err
	}
	s := &shop{b: b, bin: bin}
	s.server, err = embedded.Start(ctx, embedded.Options{Dir: b.path("shop"), Bin: bin, Port: embedded.FreePort, Fast: true,
		Params: map[string]string{"shared_buffers": "512MB", "autovacuum": "off"}})
	if err != nil {
		return nil, err
	}
	_, _, _, s.password = s.server.Access()
	b.say("making a database with pgbench -s %d", b.scaled(pgbenchScale))
	if err := s.sql(ctx, "postgres", `CREATE DATABASE `+databaseName); err != nil {
		return nil, errors.Join(err, s.close(ctx))
	}
	if _, err := s.program(ctx, "pgbench", "-i", "-q", "-s", strconv.Itoa(b.scaled(pgbenchScale)), databaseName); err != nil {
		return nil, errors.Join(err, s.close(ctx))
	}
	help, err := s.program(ctx, "pg_dump", "--help")
	if err == nil && strings.Contains(help, "--restrict-key") {
		s.dumpKey = []string{"--restrict-key=bench"}
	}
	return s, err
}

func (s *shop) close(ctx context.Context) error { return s.server.Stop(context.WithoutCancel(ctx)) }

func (s *shop) sql(ctx context.Context, database, statement string) error {
	conn, err := pgx.Connect(ctx, s.server.URL(database))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, statement)
	return err
}

// client is a client program with its way to the server.
func (s *shop) client(name string, args ...string) command {
	host, port, user, password := s.server.Access()
	return command{args: append([]string{s.bin.Path(name)}, args...), dir: "/",
		env: []string{"PGHOST=" + host, "PGPORT=" + strconv.Itoa(port), "PGUSER=" + user, "PGPASSWORD=" + password}}
}

func (s *shop) program(ctx context.Context, name string, args ...string) (string, error) {
	_, out, err := s.client(name, args...).run(ctx)
	return out, err
}

// trade does what happens between two backups.
func (s *shop) trade(ctx context.Context, round int) error {
	clients := 4
	_, err := s.program(ctx, "pgbench", "-n", "-c", strconv.Itoa(clients), "-t", strconv.Itoa(s.b.scaled(transactions)/clients),
		"--random-seed="+strconv.Itoa(round), databaseName)
	return err
}

func (s *shop) addArticles(ctx context.Context, rows int) error {
	err := s.sql(ctx, databaseName, `CREATE TABLE articles (id bigint, written timestamptz, author text, title text, body text)`)
	if err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, s.server.URL(databaseName))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	if _, err := conn.PgConn().CopyFrom(ctx, newProse(rows), `COPY articles FROM STDIN`); err != nil {
		return err
	}
	if _, err = conn.Exec(ctx, `ALTER TABLE articles ADD PRIMARY KEY (id)`); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, `VACUUM ANALYZE`)
	return err
}

// access is how Levqor reaches the database.
func (s *shop) access() (postgres.Config, []string, error) {
	host, port, user, password := s.server.Access()
	config := postgres.Config{Host: host, Port: port, User: user, Databases: []string{databaseName}, TLS: postgres.TLSDisable}
	text, err := json.Marshal(config)
	return config, []string{accessEnv + "=" + string(text), "PGPASSWORD=" + password}, err
}

func (s *shop) databaseSize(ctx context.Context) (bytes int64, err error) {
	conn, err := pgx.Connect(ctx, s.server.URL(databaseName))
	if err != nil {
		return 0, err
	}
	defer conn.Close(ctx)
	err = conn.QueryRow(ctx, `SELECT pg_database_size(current_database())`).Scan(&bytes)
	return bytes, err
}

// cpu is what the server's finished processes have taken so far.
func (s *shop) cpu() (time.Duration, error) {
	text, err := os.ReadFile(s.b.path("shop", "data", "postmaster.pid"))
	if err != nil {
		return 0, err
	}
	pid, _, _ := strings.Cut(string(text), "\n")
	if text, err = os.ReadFile("/proc/" + pid + "/stat"); err != nil {
		return 0, err
	}
	// Behind the name in brackets, the 14th and 15th field, in hundredths of a second.
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	var ticks int64
	for _, field := range fields[13:15] {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond, nil
}
