// Package account is who may do what: people, sessions, workspaces, tokens.
package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/mail"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"levqor/jobs/clock"
	"levqor/jobs/config"
	"levqor/jobs/db"
	mails "levqor/jobs/mail"
)

// Accounts signs people in and keeps workspaces, members and tokens.
type Accounts struct {
	db    *db.DB
	clock *clock.Clock
	mails *mails.Mails
	base  string
	dev   bool
	admin string // folded address of the bootstrap admin
}

// New makes it.
func New(d *db.DB, c *clock.Clock, m *mails.Mails, cfg config.Config) *Accounts {
	return &Accounts{db: d, clock: c, mails: m, base: cfg.BaseURL, dev: cfg.Dev, admin: fold(cfg.AdminEmail)}
}

// User is a person.
type User struct {
	ID       uuid.UUID
	Email    string
	Name     string
	Locale   string
	TimeZone string
	Theme    string // dark, light, system
	RailSlim bool
	IsAdmin  bool
}

// Workspace as one of its members sees it.
type Workspace struct {
	ID       uuid.UUID
	Name     string
	TimeZone string
	Role     Role
}

// newToken is 32 random bytes for a cookie or a link.
func newToken() string {
	var raw [32]byte
	_, _ = rand.Read(raw[:]) // never fails since Go 1.24
	return base64.RawURLEncoding.EncodeToString(raw[:])
}

// digest is how a token is kept: it holds 256 random bits, so a plain hash is enough.
func digest(parts ...string) []byte {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return sum[:]
}

// fold is the form by which one address is one account: NFKC, folded case.
func fold(address string) string {
	return cases.Fold().String(norm.NFKC.String(strings.TrimSpace(address)))
}

const longestAddress = 254 // RFC 5321, path minus its brackets

func validAddress(address string) bool {
	address = strings.TrimSpace(address)
	parsed, err := mail.ParseAddress(address)
	if err != nil || parsed.Address != address || len(address) > longestAddress {
		return false
	}
	_, domain, _ := strings.Cut(address, "@")
	return domain != "" && !strings.ContainsAny(address, " \r\n\t<>")
}

// record keeps an audit event; package audit stands above this one.
func record(ctx context.Context, tx pgx.Tx, actor Actor, now time.Time, action, kind, id, name string, detail map[string]any) error {
	if detail == nil {
		detail = map[string]any{}
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO audit_events (workspace_id, at, actor_kind, actor_id, actor_name, action, subject_kind, subject_id, subject_name, detail, request_id)
		VALUES (nullif($1, '00000000-0000-0000-0000-000000000000'::uuid), $2, $3, nullif($4, '00000000-0000-0000-0000-000000000000'::uuid), $5, $6, $7, $8, $9, $10, $11)`,
		actor.Workspace, now, actor.Kind, actor.ID, actor.Name, action, kind, id, name, detail, actor.RequestID)
	if err != nil {
		return fmt.Errorf("audit %s: %w", action, err)
	}
	return nil
}
