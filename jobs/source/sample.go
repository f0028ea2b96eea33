package source

import (
	"cmp"
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/db"
	"levqor/jobs/fail"
	"levqor/jobs/secret"
	"levqor/jobs/source/postgres"
)

// SampleServer is the Postgres of `levqor dev`, where the sample database is made.
type SampleServer struct {
	Host     string
	Port     int
	User     string
	Password secret.Text
	URL      string // administrator's address, password included
	Rows     int    // order lines of the sample; 0: sampleRows
}

const (
	sampleName = "sample-shop"
	sampleRows = 300_000 // order lines: a backup to watch, and a proof within the first minute
)

// OfferSample lets workspaces use a sample database on that server. It is called
// once, before any work begins.
func (s *Sources) OfferSample(server SampleServer) { s.sample = server }

// HasSample reports whether a sample is on offer.
func (s *Sources) HasSample() bool { return s.sample.URL != "" }

// EnsureSample adds the sample source, unless the workspace has it. Its database
// is made by the first test. Needs Manage; NotFound where none is on offer.
func (s *Sources) EnsureSample(ctx context.Context, actor account.Actor) (id, test uuid.UUID, err error) {
	if err := actor.Require(account.Manage); err != nil {
		return uuid.Nil, uuid.Nil, err
	}
	if !s.HasSample() {
		return uuid.Nil, uuid.Nil, fail.New(fail.NotFound, "fail.not_found")
	}
	err = s.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		id, test, err = s.ensureSample(ctx, tx, actor)
		return err
	})
	return id, test, err
}

func (s *Sources) ensureSample(ctx context.Context, tx pgx.Tx, actor account.Actor) (id, test uuid.UUID, err error) {
	// Two clicks make one sample.
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('levqor sample ' || current_workspace()))`); err != nil {
		return id, test, err
	}
	err = tx.QueryRow(ctx, `SELECT s.id, (SELECT k.id FROM source_tests k WHERE k.source_id = s.id ORDER BY k.created_at DESC LIMIT 1)
		FROM sources s WHERE s.workspace_id = current_workspace() AND s.is_sample AND s.deleted_at IS NULL`).Scan(&id, &test)
	if !db.NoRows(err) {
		return id, test, err
	}
	r := row{ID: db.NewID(), WorkspaceID: actor.Workspace, Kind: Postgres, IsSample: true, CreatedAt: s.clock.Now(), Revision: 1}
	if r.Name, err = freeName(ctx, tx); err != nil {
		return id, test, err
	}
	if err := s.fill(&r, Input{Kind: Postgres, Config: Config{Postgres: s.sampleConfig()}}); err != nil {
		return id, test, err
	}
	test, err = s.create(ctx, tx, actor, r, "source.sample_made")
	return r.ID, test, err
}

func freeName(ctx context.Context, tx pgx.Tx) (name string, err error) {
	taken := true
	for n := 1; taken; n++ {
		if name = sampleName; n > 1 {
			name = fmt.Sprintf("%s-%d", sampleName, n)
		}
		err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM sources WHERE workspace_id = current_workspace() AND lower(name) = $1 AND deleted_at IS NULL)`, name).Scan(&taken)
		if err != nil {
			return "", err
		}
	}
	return name, nil
}

// sampleConfig is what people see of the sample's access; the server is another
// one after each start.
func (s *Sources) sampleConfig() *postgres.Config {
	return &postgres.Config{Host: "localhost", Port: 5432, User: "levqor", Databases: []string{postgres.SampleDatabase}, TLS: postgres.TLSDisable}
}

func (s *Sources) makeSample(ctx context.Context) error {
	if !s.HasSample() {
		return errNoSample()
	}
	return postgres.Sample(ctx, s.sample.URL, cmp.Or(s.sample.Rows, sampleRows))
}

func (s *Sources) reachSample(spec *Spec) error {
	if !s.HasSample() {
		return errNoSample()
	}
	c := s.sampleConfig()
	c.Host, c.Port, c.User, c.Password = s.sample.Host, s.sample.Port, s.sample.User, s.sample.Password.Reveal()
	c.Tools = s.options.PostgresBin
	spec.Config.Postgres = c
	return nil
}

func errNoSample() error { return fail.Work(nil, fail.ClassGone, "source.fail.no_sample") }
