package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"levqor/jobs/account"
	"levqor/jobs/db/embedded"
	"levqor/jobs/workflow/flow"
)

// street is a Levqor as customers reach it: its web and worker processes and its
// Postgres, with settings as they come.
type street struct {
	b           *bench
	house       *house
	server      *embedded.Server
	pool        *pgxpool.Pool // for what bare SQL can do, and to count
	web, worker *exec.Cmd
	base        string
	client      *http.Client
	doors       doors
}

// doors are the addresses of webhooks that answer when their run is over.
type doors struct{ reply, ten, requests, fan, neighbour string }

func (b *bench) openStreet(ctx context.Context, target string) (s *street, err error) {
	home := b.path("street")
	if err := os.MkdirAll(home, 0o755); err != nil {
		return nil, err
	}
	bin, err := embedded.Find(ctx, os.Getenv("LEVQOR_PG_BIN"))
	if err != nil {
		return nil, err
	}
	s = &street{b: b, client: &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: callers}}}
	if s.server, err = embedded.Start(ctx, embedded.Options{Dir: b.path("street", "postgres"), Bin: bin}); err != nil {
		return nil, err
	}
	steps := []func() error{
		func() (err error) { s.house, err = wire(ctx, home, s.server); return err },
		func() (err error) { s.pool, err = pgxpool.New(ctx, s.server.URL("postgres")); return err },
		func() error { return s.openDoors(ctx, target) },
		func() error { return s.makeBareTables(ctx) },
		func() error { return s.start(ctx) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, errors.Join(err, s.close(ctx))
		}
	}
	return s, nil
}

// start builds Levqor and runs its two processes.
func (s *street) start(ctx context.Context) error {
	program := s.b.path("levqor")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	listen, err := freeAddress(ctx)
	if err != nil {
		return err
	}
	s.base = "http://" + listen
	env := append(os.Environ(), "DATABASE_URL="+s.server.URL("postgres"), "LEVQOR_MASTER_KEY="+s.house.Config.MasterKey,
		"LEVQOR_BASE_URL="+s.base, "LEVQOR_LISTEN="+listen, "LEVQOR_ALLOW_PRIVATE=1")
	for _, one := range []struct {
		name string
		into **exec.Cmd
	}{{"web", &s.web}, {"worker", &s.worker}} {
		cmd := exec.CommandContext(ctx, program, one.name)
		cmd.Env = append(env, "LEVQOR_DATA="+s.b.path("street", one.name))
		log, err := os.Create(s.b.path(one.name + ".log"))
		if err != nil {
			return err
		}
		cmd.Stdout, cmd.Stderr = log, log
		err = cmd.Start()
		if closed := log.Close(); err == nil {
			err = closed
		}
		if err != nil {
			return err
		}
		*one.into = cmd
	}
	return s.untilReady(ctx)
}

func freeAddress(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// untilReady waits until a workflow runs to its end.
func (s *street) untilReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		err := s.call(ctx, s.doors.reply)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			log, _ := os.ReadFile(s.b.path("worker.log"))
			return fmt.Errorf("web and worker don't come up: %w\n%s", err, log)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// call is one call of a webhook, until its run's reply.
func (s *street) call(ctx context.Context, door string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.base+"/hooks/"+door, strings.NewReader(`{"order": 42, "total": 18.5, "customer": "Ana"}`))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	answer, err := s.client.Do(req)
	if err != nil {
		return err
	}
	said, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("a webhook answered %d: %s", answer.StatusCode, said)
	}
	return errors.Join(err, answer.Body.Close())
}

const webhook = "trigger: {kind: webhook, config: {sync: true}}\nsteps:\n"

// openDoors publishes the workflows that are measured.
func (s *street) openDoors(ctx context.Context, target string) (err error) {
	reply := webhook + `  - id: big
    kind: condition
    config: {when: trigger.body.total > 10.0}
    branches:
      - name: yes
        steps:
          - {id: sum, kind: transform, config: {values: {order: "${trigger.body.order}", text: "Thank you, ${trigger.body.customer}"}}}
          - {id: answer, kind: respond, config: {body: "${steps.sum}"}}
      - {name: no, steps: []}
`
	ten, requests := webhook, webhook
	before := "trigger.body.order"
	for i := range 9 {
		ten += fmt.Sprintf("  - {id: s%d, kind: transform, config: {values: {count: \"${%s + 1.0}\"}}}\n", i, before)
		before = fmt.Sprintf("steps.s%d.count", i)
	}
	ten += "  - {id: answer, kind: respond, config: {body: \"${" + before + "}\"}}\n"
	for i := range 10 {
		requests += fmt.Sprintf("  - {id: r%d, kind: http_request, config: {method: GET, url: %s}}\n", i, target)
	}
	fan := webhook + `  - id: all
    kind: for_each
    config: {items: "[` + strings.TrimSuffix(strings.Repeat("1, ", 100), ", ") + `]", at_once: 20, collect: "steps.one.double"}
    branches:
      - name: each
        steps: [{id: one, kind: transform, config: {values: {double: "${item * 2}"}}}]
  - {id: answer, kind: respond, config: {body: "${steps.all.count}"}}
`
	other, err := s.neighbour(ctx)
	if err != nil {
		return err
	}
	for _, one := range []struct {
		into  *string
		owner account.Actor
		text  string
	}{{&s.doors.reply, s.house.owner, reply}, {&s.doors.ten, s.house.owner, ten}, {&s.doors.requests, s.house.owner, requests},
		{&s.doors.fan, s.house.owner, fan}, {&s.doors.neighbour, other, reply}} {
		if *one.into, err = s.publish(ctx, one.owner, one.text); err != nil {
			return err
		}
	}
	return nil
}

func (s *street) publish(ctx context.Context, owner account.Actor, text string) (token string, err error) {
	definition, err := flow.ParseYAML([]byte(text))
	if err != nil {
		return "", err
	}
	id, err := s.house.Workflows.Create(ctx, owner, "bench "+uuid.NewString(), "", definition)
	if err != nil {
		return "", err
	}
	if _, err := s.house.Workflows.Publish(ctx, owner, id, 1, ""); err != nil {
		return "", err
	}
	return s.house.Workflows.Address(ctx, owner, id)
}

// neighbour is the owner of a second workspace.
func (s *street) neighbour(ctx context.Context) (account.Actor, error) {
	browser := account.NewBrowser()
	if err := s.house.Accounts.AskLink(ctx, "neighbour@localhost", browser, account.Device{IP: "192.0.2.1"}); err != nil {
		return account.Actor{}, err
	}
	kept, err := s.house.Mails.Outbox(ctx, 1)
	if err != nil {
		return account.Actor{}, err
	}
	link, _ := kept[0].Args["link"].(string)
	cookie, err := s.house.Accounts.Consume(ctx, link[strings.LastIndex(link, "/")+1:], browser, account.Device{})
	if err != nil {
		return account.Actor{}, err
	}
	session, err := s.house.Accounts.Authenticate(ctx, cookie)
	return session.Actor, err
}

// close stops what runs.
func (s *street) close(ctx context.Context) (err error) {
	for _, cmd := range []*exec.Cmd{s.web, s.worker} {
		if cmd != nil {
			err = errors.Join(err, cmd.Process.Signal(syscall.SIGTERM), cmd.Wait())
		}
	}
	if s.pool != nil {
		s.pool.Close()
	}
	if s.house != nil {
		s.house.Close()
	}
	return errors.Join(err, s.server.Stop(context.WithoutCancel(ctx)))
}
