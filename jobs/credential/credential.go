// Package credential keeps the named secrets of workflows. A credential is made
// for one host; no other ever sees it, redirects included.
package credential

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/audit"
	"levqor/jobs/clock"
	"levqor/jobs/db"
	"levqor/jobs/fail"
	"levqor/jobs/secret"
)

// Kind says how a credential is shown to its host.
type Kind string

const (
	Basic  Kind = "basic"  // RFC 7617
	Bearer Kind = "bearer" // RFC 6750
	Header Kind = "header" // a header of its own name
)

// Credential without its secret.
type Credential struct {
	ID        uuid.UUID
	Name      string
	Kind      Kind
	Host      string // with its port, where it has one
	CreatedAt time.Time
	UsedAt    *time.Time
}

// Input makes a credential.
type Input struct {
	Name   string
	Kind   Kind
	Host   string
	User   string // of basic
	Header string // of header
	Secret secret.Text
}

// Credentials of workspaces.
type Credentials struct {
	db    *db.DB
	clock *clock.Clock
	box   *secret.Box
}

// New makes it.
func New(d *db.DB, c *clock.Clock, box *secret.Box) *Credentials {
	return &Credentials{db: d, clock: c, box: box}
}

const most = 200

// List needs View.
func (c *Credentials) List(ctx context.Context, actor account.Actor) (found []Credential, err error) {
	if err := actor.Require(account.View); err != nil {
		return nil, err
	}
	err = c.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT id, name, kind, host, created_at, used_at FROM credentials
			WHERE workspace_id = current_workspace() AND deleted_at IS NULL ORDER BY lower(name) LIMIT $1`, most)
		if err != nil {
			return err
		}
		found, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Credential])
		return err
	})
	return found, err
}

// Create needs Manage.
func (c *Credentials) Create(ctx context.Context, actor account.Actor, in Input) (id uuid.UUID, err error) {
	if err := actor.Require(account.Manage); err != nil {
		return uuid.Nil, err
	}
	in.Name, in.Host = strings.TrimSpace(in.Name), strings.ToLower(strings.TrimSpace(in.Host))
	if err := in.validate(); err != nil {
		return uuid.Nil, err
	}
	id = db.NewID()
	plain, err := json.Marshal(sealed{User: in.User, Header: in.Header, Secret: in.Secret.Reveal()})
	if err != nil {
		return uuid.Nil, fmt.Errorf("create credential: %w", err)
	}
	hidden, err := c.box.Seal(plain, place(id))
	if err != nil {
		return uuid.Nil, err
	}
	now := c.clock.Now()
	err = c.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO credentials (id, workspace_id, name, kind, host, sealed, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			id, actor.Workspace, in.Name, in.Kind, in.Host, hidden, now); err != nil {
			return err
		}
		return audit.Write(ctx, tx, actor, now, audit.Event{Action: "credential.created", SubjectKind: "credential", SubjectID: id.String(), SubjectName: in.Name})
	})
	if db.Violates(err, "credentials_name") {
		return uuid.Nil, invalid("name", "credential.field.name_taken")
	}
	return id, err
}

// Delete needs Manage. Steps that name it fail from then on, and say so.
func (c *Credentials) Delete(ctx context.Context, actor account.Actor, id uuid.UUID) error {
	if err := actor.Require(account.Manage); err != nil {
		return err
	}
	now := c.clock.Now()
	return c.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		var name string
		err := tx.QueryRow(ctx, `UPDATE credentials SET deleted_at = $2, sealed = '' WHERE id = $1 AND deleted_at IS NULL RETURNING name`, id, now).Scan(&name)
		if db.NoRows(err) {
			return fail.New(fail.NotFound, "fail.not_found")
		}
		if err != nil {
			return err
		}
		return audit.Write(ctx, tx, actor, now, audit.Event{Action: "credential.deleted", SubjectKind: "credential", SubjectID: id.String(), SubjectName: name})
	})
}

// Ready is a credential that can be shown to its host.
type Ready struct {
	host   string
	header string
	value  secret.Text
}

// Open prepares a workspace's credential for use. Config (credential.fail.gone)
// when it is not there any more.
func (c *Credentials) Open(ctx context.Context, workspace, id uuid.UUID) (ready Ready, err error) {
	err = c.db.InWorkspace(ctx, workspace, func(ctx context.Context, tx pgx.Tx) error {
		var kind Kind
		var hidden []byte
		err := tx.QueryRow(ctx, `UPDATE credentials SET used_at = $2 WHERE id = $1 AND deleted_at IS NULL RETURNING kind, host, sealed`, id, c.clock.Now()).
			Scan(&kind, &ready.host, &hidden)
		if db.NoRows(err) {
			return fail.Work(nil, fail.ClassConfig, "credential.fail.gone")
		}
		if err != nil {
			return err
		}
		plain, err := c.box.Open(hidden, place(id))
		if err != nil {
			return err
		}
		var s sealed
		if err := json.Unmarshal(plain, &s); err != nil {
			return err
		}
		ready.header, ready.value = s.shown(kind)
		return nil
	})
	return ready, err
}

// Show puts the credential on a request to its host; on any other it does nothing.
func (r Ready) Show(request *http.Request) {
	if r.header != "" && sameHost(r.host, request.URL) {
		request.Header.Set(r.header, r.value.Reveal())
	}
}

// Mask hides the secret in a text, wherever an answer repeats it.
func (r Ready) Mask(text string) string {
	if r.value == "" {
		return text
	}
	text = strings.ReplaceAll(text, r.value.Reveal(), "•••")
	if _, token, ok := strings.Cut(r.value.Reveal(), " "); ok && len(token) > 3 {
		text = strings.ReplaceAll(text, token, "•••")
	}
	return text
}

func sameHost(host string, u *url.URL) bool {
	if u.Scheme != "https" && !isLocal(u.Hostname()) {
		return false // never in clear text over a network
	}
	return strings.EqualFold(host, u.Host) || strings.EqualFold(host, u.Hostname()) && u.Port() == ""
}

func isLocal(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

type sealed struct {
	User   string `json:"user,omitempty"`
	Header string `json:"header,omitempty"`
	Secret string `json:"secret"`
}

func (s sealed) shown(kind Kind) (header string, value secret.Text) {
	switch kind {
	case Basic:
		return "Authorization", secret.Text("Basic " + base64.StdEncoding.EncodeToString([]byte(s.User+":"+s.Secret)))
	case Bearer:
		return "Authorization", secret.Text("Bearer " + s.Secret)
	default:
		return s.Header, secret.Text(s.Secret)
	}
}

var (
	hostShape   = regexp.MustCompile(`^[a-z0-9.\-\[\]:]{1,253}$`)
	headerShape = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)
)

func (in Input) validate() error {
	form := &fail.Form{}
	form.Check(in.Name != "" && len(in.Name) <= 80, "name", "credential.field.name")
	form.Check(in.Kind == Basic || in.Kind == Bearer || in.Kind == Header, "kind", "credential.field.kind")
	form.Check(hostShape.MatchString(in.Host), "host", "credential.field.host")
	form.Check(in.Secret != "" && len(in.Secret) <= 8192 && !strings.ContainsAny(in.Secret.Reveal(), "\r\n\x00"), "secret", "credential.field.secret")
	form.Check(in.Kind != Basic || in.User != "" && !strings.ContainsAny(in.User, ":\r\n"), "user", "credential.field.user")
	form.Check(in.Kind != Header || headerShape.MatchString(in.Header) && !forbidden[strings.ToLower(in.Header)], "header", "credential.field.header")
	return form.Err()
}

// forbidden headers steer the connection, or are ours.
var forbidden = map[string]bool{"connection": true, "content-length": true, "cookie": true, "host": true, "idempotency-key": true, "transfer-encoding": true, "upgrade": true}

func invalid(field, key string) error {
	return &fail.Error{Kind: fail.Invalid, Key: "fail.form", Fields: []fail.Field{{Name: field, Key: key}}}
}

func place(id uuid.UUID) string { return "credentials/" + id.String() }
