package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"levqor/jobs/account"
)

// most is the largest body that is read: the web process refuses larger ones.
const mostBody = 1 << 20

// op describes one operation. Its status is that of success; the scope is what a
// token needs at least. The first part of the path is its tag.
func op(method, path string, status int, scope account.Scope, summary string) huma.Operation {
	tag, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	o := huma.Operation{
		OperationID:   strings.ToLower(method) + strings.NewReplacer("/", "-", "{", "", "}", "").Replace(path),
		Method:        method,
		Path:          path,
		Summary:       summary,
		Description:   "Needs a token with the scope " + string(scope) + ".",
		DefaultStatus: status,
		Tags:          []string{tag},
		Security:      []map[string][]string{{"token": {string(scope)}}},
		MaxBodyBytes:  mostBody,
		Errors:        []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity},
	}
	if method == http.MethodPost {
		o.Parameters = append(o.Parameters, keyParameter())
	}
	return o
}

// add registers an operation; what its handler fails with becomes a problem.
func add[I, O any](r *resources, o huma.Operation, handle func(ctx context.Context, actor account.Actor, in *I) (*O, error)) {
	huma.Register(r.api, o, func(ctx context.Context, in *I) (*O, error) {
		out, err := handle(ctx, actorOf(ctx), in)
		if err != nil {
			return nil, r.problem(ctx, err)
		}
		return out, nil
	})
}

// ByID is the input of what acts on one thing.
type ByID struct {
	ID uuid.UUID `path:"id" format:"uuid"`
}

// done is the answer to what leaves nothing to show.
type done struct{}

// started is the answer to long work: where to watch it, and what it is now.
type started[T any] struct {
	Location string `header:"Location" doc:"What to ask for progress and outcome."`
	Body     T
}

// made is the answer to what was created.
type made[T any] struct {
	Location string `header:"Location"`
	ETag     string `header:"ETag"`
	Body     T
}

// shown is the answer with one thing; ETag is set where it can be changed.
type shown[T any] struct {
	ETag string `header:"ETag"`
	Body T
}

type listed[T any] struct{ Body Page[T] }
