// Package live carries "this changed" from a transaction to the pages that show
// it: NOTIFY on commit, one LISTEN connection a process, any number of subscribers.
package live

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const channel = "levqor_live"

// Topic names what changed, as in "task-0190…" or "alerts"; it belongs to one workspace.
type Topic string

// Hub delivers notifications to subscribers of this process.
type Hub struct {
	log  *slog.Logger
	mu   sync.Mutex
	subs map[*subscription]struct{}
}

type subscription struct {
	workspace uuid.UUID
	topics    map[Topic]bool
	out       chan Topic
}

// NewHub makes a hub; Run feeds it.
func NewHub(log *slog.Logger) *Hub {
	return &Hub{log: log, subs: map[*subscription]struct{}{}}
}

// Notify tells every process, when tx commits, that the topic changed.
func Notify(ctx context.Context, tx pgx.Tx, workspace uuid.UUID, topic Topic) error {
	_, err := tx.Exec(ctx, `SELECT pg_notify($1, $2)`, channel, workspace.String()+" "+string(topic))
	return err
}

// News is a topic of a workspace that changed.
type News struct {
	Workspace uuid.UUID
	Topic     Topic
}

// NotifyAll is Notify for many at once.
func NotifyAll(ctx context.Context, tx pgx.Tx, all []News) error {
	if len(all) == 0 {
		return nil
	}
	texts := make([]string, len(all))
	for i, n := range all {
		texts[i] = n.Workspace.String() + " " + string(n.Topic)
	}
	_, err := tx.Exec(ctx, `SELECT pg_notify($1, news) FROM unnest($2::text[]) AS news`, channel, texts)
	return err
}

// Subscribe delivers the topics' changes in that workspace until ctx ends. An
// empty Topic means "anything may have changed": the feed was interrupted, or
// more changed than a slow reader took.
func (h *Hub) Subscribe(ctx context.Context, workspace uuid.UUID, topics []Topic) <-chan Topic {
	sub := &subscription{workspace: workspace, topics: map[Topic]bool{}, out: make(chan Topic, len(topics)+16)}
	for _, topic := range topics {
		sub.topics[topic] = true
	}
	h.mu.Lock()
	h.subs[sub] = struct{}{}
	h.mu.Unlock()
	context.AfterFunc(ctx, func() {
		h.mu.Lock()
		delete(h.subs, sub)
		close(sub.out)
		h.mu.Unlock()
	})
	return sub.out
}

// Run listens until ctx ends, reconnecting as long as it takes.
func (h *Hub) Run(ctx context.Context, pool *pgxpool.Pool) {
	for ctx.Err() == nil {
		if err := h.listen(ctx, pool); err != nil && ctx.Err() == nil {
			h.log.WarnContext(ctx, "live feed interrupted", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

func (h *Hub) listen(ctx context.Context, pool *pgxpool.Pool) error {
	pooled, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	conn := pooled.Hijack()
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return err
	}
	h.broadcast(func(*subscription) (Topic, bool) { return "", true })
	for {
		note, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		if len(note.Payload) < 38 {
			continue
		}
		workspace, err := uuid.Parse(note.Payload[:36])
		if err != nil {
			continue
		}
		topic := Topic(note.Payload[37:])
		h.broadcast(func(s *subscription) (Topic, bool) {
			return topic, s.workspace == workspace && s.topics[topic]
		})
	}
}

func (h *Hub) broadcast(pick func(*subscription) (Topic, bool)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for sub := range h.subs {
		topic, wanted := pick(sub)
		if !wanted {
			continue
		}
		select {
		case sub.out <- topic:
			continue
		default:
		}
		select { // only broadcasts send, one at a time: what is taken out makes room
		case <-sub.out:
		default:
		}
		sub.out <- ""
	}
}
