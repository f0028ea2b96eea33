package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"levqor/app"
	"levqor/jobs/config"
	"levqor/jobs/queue"
	"levqor/jobs/services"
	"levqor/workers"
)

// web serves pages and the API until ctx ends.
func web(ctx context.Context, cfg config.Config) error {
	if err := cfg.Check(); err != nil {
		return err
	}
	leave, err := services.OwnTemp(ctx, cfg.DataDir)
	if err != nil {
		return err
	}
	defer leave()
	svc, err := services.New(ctx, cfg, newLog(false))
	if err != nil {
		return err
	}
	defer svc.Close()
	return serve(ctx, svc)
}

// serve listens first, so that a taken address is the first thing said.
func serve(ctx context.Context, svc *services.Services) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", svc.Config.Listen)
	if err != nil {
		return fmt.Errorf("LEVQOR_LISTEN: can't listen on %s: %w", svc.Config.Listen, err)
	}
	return serveOn(ctx, svc, listener)
}

func serveOn(ctx context.Context, svc *services.Services, listener net.Listener) error {
	site, err := app.New(ctx, svc)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	go svc.Live.Run(ctx, svc.DB.Pool())
	ended := make(chan error, 1)
	go func() { ended <- site.Listener(listener) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		return site.ShutdownWithTimeout(10 * time.Second)
	}
}

// worker runs jobs until ctx ends.
func worker(ctx context.Context, cfg config.Config, args []string) error {
	flags := flag.NewFlagSet("worker", flag.ContinueOnError)
	queues := flags.String("queues", "", "queues and how many jobs of each at once, as in backups=2,mail=4; empty: all")
	if err := parse(flags, args); err != nil {
		return err
	}
	limits, err := parseQueues(*queues)
	if err != nil {
		return err
	}
	if err := cfg.Check(); err != nil {
		return err
	}
	leave, err := services.OwnTemp(ctx, cfg.DataDir)
	if err != nil {
		return err
	}
	defer leave()
	svc, err := services.New(ctx, cfg, newLog(false))
	if err != nil {
		return err
	}
	defer svc.Close()
	return workers.Run(ctx, svc, limits)
}

func parseQueues(text string) (queue.Limits, error) {
	known := queue.AllQueues()
	if text == "" {
		return known, nil
	}
	limits := queue.Limits{}
	for part := range strings.SplitSeq(text, ",") {
		name, count, hasCount := strings.Cut(strings.TrimSpace(part), "=")
		standard, ok := known[name]
		if !ok {
			return nil, fmt.Errorf("--queues: there is no queue %q; there are ai, backups, bulk, default, drills, mail, restores, steps", name)
		}
		limits[name] = standard
		if hasCount {
			n, err := strconv.Atoi(count)
			if err != nil || n < 1 || n > 1000 {
				return nil, fmt.Errorf("--queues: %q is not a number from 1 to 1000", count)
			}
			limits[name] = n
		}
	}
	return limits, nil
}
