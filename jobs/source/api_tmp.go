package source

import (
	"context"

	"github.com/google/uuid"

	"levqor/jobs/account"
	"levqor/jobs/secret"
)

// SampleServer is the Postgres of `levqor dev`, where the sample database is made.
type SampleServer struct {
	Host     string
	Port     int
	User     string
	Password secret.Text
	URL      string // administrator's address
}

func (s *Sources) Create(ctx context.Context, actor account.Actor, in Input) (id, test uuid.UUID, err error) {
	panic("in work")
}
func (s *Sources) Update(ctx context.Context, actor account.Actor, id uuid.UUID, revision int, in Input) (test uuid.UUID, err error) {
	panic("in work")
}
func (s *Sources) Delete(ctx context.Context, actor account.Actor, id uuid.UUID) error {
	panic("in work")
}
func (s *Sources) Get(ctx context.Context, actor account.Actor, id uuid.UUID) (Source, error) {
	panic("in work")
}
func (s *Sources) List(ctx context.Context, actor account.Actor) ([]Source, error) { panic("in work") }
func (s *Sources) GetTest(ctx context.Context, actor account.Actor, id uuid.UUID) (Test, error) {
	panic("in work")
}
func (s *Sources) PerformTest(ctx context.Context, id uuid.UUID) error { panic("in work") }
func (s *Sources) Reach(ctx context.Context, workspace, id uuid.UUID) (Spec, error) {
	panic("in work")
}
func (s *Sources) Watch(ctx context.Context, workspace, id uuid.UUID) (watched context.Context, stop func()) {
	panic("in work")
}
func (s *Sources) Engine(kind Kind) Engine         { panic("in work") }
func (s *Sources) OfferSample(server SampleServer) { s.sample = server }
func (s *Sources) HasSample() bool                 { return s.sample.URL != "" }
func (s *Sources) EnsureSample(ctx context.Context, actor account.Actor) (id, test uuid.UUID, err error) {
	panic("in work")
}
