package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"levqor/jobs/account"
	plans "levqor/jobs/backup"
	"levqor/jobs/config"
	"levqor/jobs/db/embedded"
	proofs "levqor/jobs/drill"
	"levqor/jobs/secret"
	"levqor/jobs/services"
	"levqor/jobs/source"
	"levqor/jobs/task"
	"levqor/jobs/vault"
	"levqor/migrations"
)

// drilled is what a process of drills tells.
type drilled struct {
	Took    []time.Duration `json:"took"`    // from the order to the signed proof
	Restore []time.Duration `json:"restore"` // the restore alone, as the proof has it
	Checks  int             `json:"checks"`
	Peak    int64           `json:"peak"`
	bytes   int64           // of the database
}

// drills measures proofs of the shop by a whole Levqor with a database of its own.
func (s *shop) drills(ctx context.Context, r *report) error {
	home := s.b.path("house")
	defer os.RemoveAll(home)
	if err := os.MkdirAll(home, 0o755); err != nil {
		return err
	}
	_, env, err := s.access()
	if err != nil {
		return err
	}
	rounds := s.b.rounds
	if s.b.quick {
		rounds = 1
	}
	s.b.say("drill: %d rounds", rounds)
	drill := levqor{s.b.self}.command("drill", home)
	drill.env = append(env, roundsEnv+"="+strconv.Itoa(rounds))
	_, out, err := drill.run(ctx)
	if err != nil {
		return err
	}
	r.drill = &drilled{}
	if r.drill.bytes, err = s.databaseSize(ctx); err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(out), r.drill); err != nil {
		return err
	}
	s.b.say("  drills took %v", r.drill.Took)
	return nil
}

// roundsEnv says how many drills a process does.
const roundsEnv = "LEVQOR_BENCH_ROUNDS"

// house is a Levqor of one workspace.
type house struct {
	*services.Services
	owner account.Actor
}

func childDrill(ctx context.Context, home string) (err error) {
	rounds, err := strconv.Atoi(os.Getenv(roundsEnv))
	if err != nil {
		return err
	}
	h, end, err := openHouse(ctx, home)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	plan, err := h.prepare(ctx)
	if err != nil {
		return err
	}
	var told drilled
	for range rounds {
		if err := h.prove(ctx, plan, &told); err != nil {
			return err
		}
	}
	if told.Peak, err = peak(); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(told)
}

func openHouse(ctx context.Context, home string) (*house, func() error, error) {
	bin, err := embedded.Find(ctx, os.Getenv("LEVQOR_PG_BIN"))
	if err != nil {
		return nil, nil, err
	}
	server, err := embedded.Start(ctx, embedded.Options{Dir: filepath.Join(home, "postgres"), Bin: bin})
	if err != nil {
		return nil, nil, err
	}
	stop := func() error { return server.Stop(context.WithoutCancel(ctx)) }
	h, err := wire(ctx, home, server)
	if err != nil {
		return nil, nil, errors.Join(err, stop())
	}
	return h, func() error { h.Close(); return stop() }, nil
}

func wire(ctx context.Context, home string, server *embedded.Server) (*house, error) {
	if err := migrations.Apply(ctx, server.URL("postgres")); err != nil {
		return nil, err
	}
	master, err := secret.NewKeyset()
	if err != nil {
		return nil, err
	}
	svc, err := services.New(ctx, config.Config{BaseURL: "http://localhost", DatabaseURL: server.URL("postgres"), DataDir: home, Dev: true, MasterKey: master},
		slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	owner, _, err := svc.Accounts.EnsureFirst(ctx, "bench@localhost")
	if err != nil {
		svc.Close()
		return nil, err
	}
	return &house{svc, owner}, nil
}

// prepare makes source, vault, plan and one backup.
func (h *house) prepare(ctx context.Context) (plan uuid.UUID, err error) {
	access, err := accessFromEnv()
	if err != nil {
		return plan, err
	}
	vaultID, setup, err := h.Vaults.Create(ctx, h.owner, vault.Input{Name: "bench", Kind: vault.Filesystem})
	if err != nil {
		return plan, err
	}
	if err := h.do(ctx, setup, h.Vaults.PerformSetup); err != nil {
		return plan, err
	}
	in := source.Input{Name: databaseName, Kind: source.Postgres, Config: source.Config{Postgres: &access}, Secret: secret.Text(access.Password)}
	sourceID, _, err := h.Sources.Create(ctx, h.owner, in)
	if err != nil {
		return plan, err
	}
	order := plans.Defaults("UTC")
	order.SourceID, order.VaultID = sourceID, vaultID
	if plan, err = h.Backups.CreatePlan(ctx, h.owner, order); err != nil {
		return plan, err
	}
	backup, err := h.Backups.Start(ctx, h.owner, plan)
	if err != nil {
		return plan, err
	}
	return plan, h.do(ctx, backup, h.Backups.Perform)
}

// do performs a task's job at once and fails unless it went well.
func (h *house) do(ctx context.Context, id uuid.UUID, perform func(context.Context, uuid.UUID) error) error {
	if err := perform(ctx, id); err != nil {
		return err
	}
	t, err := task.ByID(ctx, h.DB, id)
	if err == nil && t.State != task.Succeeded {
		err = fmt.Errorf("%s is %s: %s %v", t.Kind, t.State, t.FailureKey, t.FailureArgs)
	}
	return err
}

// prove does one drill, from the order to the proof, and checks its signature.
func (h *house) prove(ctx context.Context, plan uuid.UUID, told *drilled) error {
	start := time.Now()
	id, err := h.Drills.Start(ctx, h.owner, plan)
	if err != nil {
		return err
	}
	if err := h.do(ctx, id, h.Drills.Perform); err != nil {
		return err
	}
	told.Took = append(told.Took, time.Since(start))
	proof, err := h.Drills.Proof(ctx, h.owner, id)
	if err != nil {
		return err
	}
	file, err := json.Marshal(proof)
	if err != nil {
		return err
	}
	keys, err := h.Drills.Keys(ctx, h.owner)
	if err != nil {
		return err
	}
	facts, err := proofs.VerifyFile(file, keys)
	if err != nil {
		return err
	}
	if !facts.Document.Passed || !facts.Trusted {
		return fmt.Errorf("the proof did not pass: %d of %d checks", facts.Document.Good, facts.Document.Total)
	}
	told.Checks = facts.Document.Total
	told.Restore = append(told.Restore, time.Duration(facts.Document.Objectives.RestoreMS)*time.Millisecond)
	return nil
}

// peak is this process's own, without the servers that it ran.
func peak() (int64, error) { return peakOf("self") }

func peakOf(process string) (int64, error) {
	text, err := os.ReadFile(filepath.Join("/proc", process, "status"))
	if err != nil {
		return 0, err
	}
	_, line, _ := strings.Cut(string(text), "VmHWM:")
	line, _, _ = strings.Cut(line, "kB")
	kilobytes, err := strconv.ParseInt(strings.TrimSpace(line), 10, 64)
	return kilobytes << 10, err
}
