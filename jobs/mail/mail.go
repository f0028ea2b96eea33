// Package mail keeps mails in the transaction that causes them, and delivers
// each once. It knows addresses, kinds and words' arguments; nothing of users.
package mail

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/clock"
	"levqor/jobs/config"
	"levqor/jobs/db"
	"levqor/jobs/queue"
	"levqor/jobs/secret"
)

// Kind of a mail; its words are mail.<kind> and its layout is in views/mails.
type Kind string

const (
	BackupFailed  Kind = "backup_failed"
	BackupOverdue Kind = "backup_overdue"
	Incomplete    Kind = "incomplete"
	Invitation    Kind = "invitation"
	NewDevice     Kind = "new_device"
	ProofFailed   Kind = "proof_failed"
	ProofOld      Kind = "proof_old"
	Recovered     Kind = "recovered"
	ShapeChanged  Kind = "shape_changed"
	SignIn        Kind = "sign_in"
	StepUp        Kind = "step_up"
	VaultDamaged  Kind = "vault_damaged"
	VaultWhole    Kind = "vault_whole"
	Workflow      Kind = "workflow" // what somebody's workflow writes, in their words
)

// Message is a mail before it is written out. Args may hold a sign-in link: they
// are sealed in the table. They come back as JSON has them: numbers as float64.
type Message struct {
	ID        uuid.UUID // set by Queue
	Workspace uuid.UUID // Nil: of no workspace
	Kind      Kind
	To        string
	Locale    string
	Args      map[string]any
	QueuedAt  time.Time // set by Queue; the "now" of the mail's words
}

// Rendered is a mail as it is sent.
type Rendered struct {
	Subject string
	HTML    string
	Text    string
}

// Mails queues and delivers.
type Mails struct {
	db    *db.DB
	queue *queue.Queue
	clock *clock.Clock
	box   *secret.Box
	from  string
	api   *http.Client
	base  string
	key   string
	dev   bool
}

// New makes it. In dev without a Resend key, mails stay in the outbox.
func New(d *db.DB, q *queue.Queue, c *clock.Clock, box *secret.Box, cfg config.Config) *Mails {
	return &Mails{
		db: d, queue: q, clock: c, box: box, from: cfg.MailFrom, dev: cfg.Dev,
		base: cfg.ResendBaseURL, key: cfg.ResendKey, api: &http.Client{Timeout: sendTimeout, Transport: strict{http.DefaultTransport}},
	}
}

// Queue keeps the mail and its job when tx commits.
func (m *Mails) Queue(ctx context.Context, tx pgx.Tx, msg Message) error {
	id := db.NewID()
	args, err := json.Marshal(msg.Args)
	if err != nil {
		return fmt.Errorf("queue %s mail: %w", msg.Kind, err)
	}
	sealed, err := m.box.Seal(args, place(id))
	if err != nil {
		return err
	}
	var workspace *uuid.UUID
	if msg.Workspace != uuid.Nil {
		workspace = &msg.Workspace
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO mails (id, workspace_id, kind, to_address, locale, sealed_args, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		id, workspace, msg.Kind, msg.To, msg.Locale, sealed, m.clock.Now()); err != nil {
		return fmt.Errorf("queue %s mail: %w", msg.Kind, err)
	}
	return m.queue.Insert(ctx, tx, Args{ID: id.String()})
}

// Kept is a mail of the outbox, newest first.
type Kept struct {
	Message
	State      string // failed, queued, sent
	FailureKey string
}

const mostKept = 200

// Outbox opens the newest mails, for the outbox page of `levqor dev`; elsewhere
// it is empty.
func (m *Mails) Outbox(ctx context.Context, limit int) (mails []Kept, err error) {
	if !m.dev {
		return nil, nil
	}
	err = m.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT id, coalesce(workspace_id, '00000000-0000-0000-0000-000000000000'), kind, to_address, locale, sealed_args, created_at, state, failure_key
			FROM mails ORDER BY created_at DESC, id DESC LIMIT $1`, min(limit, mostKept))
		if err != nil {
			return err
		}
		mails, err = pgx.CollectRows(rows, m.scan)
		return err
	})
	return mails, err
}

func (m *Mails) scan(row pgx.CollectableRow) (Kept, error) {
	var k Kept
	var sealed []byte
	if err := row.Scan(&k.ID, &k.Workspace, &k.Kind, &k.To, &k.Locale, &sealed, &k.QueuedAt, &k.State, &k.FailureKey); err != nil {
		return Kept{}, err
	}
	args, err := m.box.Open(sealed, place(k.ID))
	if err != nil {
		return Kept{}, err
	}
	return k, json.Unmarshal(args, &k.Args)
}

func place(id uuid.UUID) string { return "mails/" + id.String() }

// Shorten is an address as a log may show it: abc***@example.com.
func Shorten(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return "***"
	}
	return strings.ToValidUTF8(address[:min(3, at)], "") + "***" + address[at:]
}
