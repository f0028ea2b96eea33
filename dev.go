package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/jackc/pgx/v5"

	"levqor/jobs/config"
	"levqor/jobs/db/embedded"
	"levqor/jobs/queue"
	"levqor/jobs/secret"
	"levqor/jobs/services"
	"levqor/jobs/source"
	"levqor/migrations"
	"levqor/workers"
)

const devEmail = "you@localhost"

// dev runs everything in one process on this machine, with no configuration: a
// Postgres of its own, the schema, web and workers, a first workspace.
func dev(ctx context.Context, cfg config.Config, out io.Writer) (err error) {
	cfg.Dev = true
	leave, err := services.OwnTemp(ctx, cfg.DataDir)
	if err != nil {
		return err
	}
	defer leave()
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", cfg.Listen)
	if err != nil {
		return fmt.Errorf("can't listen on %s (set LEVQOR_LISTEN to another address): %w", cfg.Listen, err)
	}
	if cfg.BaseURL == "" {
		cfg.BaseURL = "http://" + listener.Addr().String()
	}
	server, err := devDatabase(ctx, &cfg)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	if server != nil {
		defer func() { err = errors.Join(err, server.Stop(context.WithoutCancel(ctx))) }()
	}
	if cfg.MasterKey == "" {
		if cfg.MasterKey, err = secret.EnsureFile(cfg.MasterKeyFile()); err != nil {
			return errors.Join(fmt.Errorf("master key: %w", err), listener.Close())
		}
	}
	svc, err := services.New(ctx, cfg, newLog(true))
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer svc.Close()
	link, err := svc.EnsureFirst(ctx, devEmail, serverAccess(server))
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	return runDev(ctx, svc, listener, link, out)
}

// runDev ends when any part of it ends.
func runDev(ctx context.Context, svc *services.Services, listener net.Listener, link string, out io.Writer) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 2)
	go func() { ended <- serveOn(ctx, svc, listener) }()
	go func() { ended <- workers.Run(ctx, svc, queue.AllQueues()) }()
	if _, err := fmt.Fprintf(out, "Open %s%s\n", svc.Config.BaseURL, link); err != nil {
		return err
	}
	first := <-ended
	stop()
	return errors.Join(first, <-ended)
}

// devDatabase starts our own Postgres, unless DATABASE_URL names one, and migrates it.
func devDatabase(ctx context.Context, cfg *config.Config) (*embedded.Server, error) {
	if err := os.MkdirAll(cfg.DataDir, 0o755); err != nil {
		return nil, fmt.Errorf("LEVQOR_DATA: %w", err)
	}
	if cfg.DatabaseURL != "" {
		return nil, migrations.Apply(ctx, cfg.DatabaseURL)
	}
	startCtx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	bin, err := embedded.Find(startCtx, cfg.PostgresBin)
	if err != nil {
		return nil, err
	}
	server, err := embedded.Start(startCtx, embedded.Options{Dir: cfg.DatabaseDir(), Bin: bin})
	if err != nil {
		return nil, fmt.Errorf("own Postgres: %w", err)
	}
	if err := ensureDatabase(ctx, server.URL("postgres")); err != nil {
		return nil, errors.Join(err, server.Stop(context.WithoutCancel(ctx)))
	}
	cfg.DatabaseURL = server.URL("levqor")
	err = migrations.Apply(ctx, cfg.DatabaseURL)
	if err == nil {
		err = os.WriteFile(cfg.DatabaseURLFile(), []byte(cfg.DatabaseURL), 0o600)
	}
	if err != nil {
		return nil, errors.Join(err, server.Stop(context.WithoutCancel(ctx)))
	}
	return server, nil
}

// devDatabaseURL is the address of the database that a running `levqor dev` started.
func devDatabaseURL(cfg config.Config) (string, error) {
	text, err := os.ReadFile(cfg.DatabaseURLFile())
	if err != nil {
		return "", errors.New("DATABASE_URL is missing, and no `levqor dev` has run with this LEVQOR_DATA")
	}
	return string(text), nil
}

func ensureDatabase(ctx context.Context, url string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	var there bool
	if err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = 'levqor')`).Scan(&there); err != nil || there {
		return err
	}
	_, err = conn.Exec(ctx, `CREATE DATABASE levqor`)
	return err
}

// serverAccess is where the sample database is made; nil without a server of ours.
func serverAccess(server *embedded.Server) *source.SampleServer {
	if server == nil {
		return nil
	}
	host, port, user, password := server.Access()
	return &source.SampleServer{Host: host, Port: port, User: user, Password: secret.Text(password), URL: server.URL("postgres")}
}
