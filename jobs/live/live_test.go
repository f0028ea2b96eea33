package live_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/db"
	"levqor/jobs/db/dbtest"
	"levqor/jobs/live"
)

type feed struct {
	*testing.T
	db   *db.DB
	hub  *live.Hub
	mine uuid.UUID
}

func newFeed(t *testing.T) *feed {
	t.Helper()
	t.Parallel()
	f := &feed{t, dbtest.New(t), live.NewHub(slog.New(slog.DiscardHandler)), uuid.New()}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); f.hub.Run(ctx, f.db.Pool()) }()
	t.Cleanup(func() { stop(); <-ended })
	return f
}

func (f *feed) tell(workspace uuid.UUID, topic live.Topic, end error) {
	f.Helper()
	err := f.db.InWorkspace(f.Context(), workspace, func(ctx context.Context, tx pgx.Tx) error {
		return errors.Join(live.Notify(ctx, tx, workspace, topic), end)
	})
	if !errors.Is(err, end) {
		f.Fatal(err)
	}
}

func (f *feed) next(from <-chan live.Topic) live.Topic {
	f.Helper()
	select {
	case topic := <-from:
		return topic
	case <-time.After(time.Minute):
		f.Fatal("nothing came")
		return ""
	}
}

// ready subscribes and waits until the hub listens.
func (f *feed) ready(topics ...live.Topic) <-chan live.Topic {
	f.Helper()
	from := f.hub.Subscribe(f.Context(), f.mine, append(topics, "ready"))
	for {
		f.tell(f.mine, "ready", nil)
		select {
		case <-from:
		case <-time.After(50 * time.Millisecond):
			continue
		}
		break
	}
	last := f.hub.Subscribe(f.Context(), f.mine, []live.Topic{"last"})
	f.tell(f.mine, "last", nil)
	f.next(last)
	for len(from) > 0 {
		<-from
	}
	return from
}

func TestOnlyWhatWasAskedForArrives(t *testing.T) {
	f := newFeed(t)
	from := f.ready("task-1", "task-2")
	f.tell(f.mine, "task-1", errors.New("rolled back"))
	f.tell(uuid.New(), "task-1", nil)
	f.tell(f.mine, "task-3", nil)
	f.tell(f.mine, "task-2", nil)
	if got := f.next(from); got != "task-2" {
		t.Errorf("%q came first", got)
	}
}

func TestAFeedThatWasInterruptedSaysSo(t *testing.T) {
	f := newFeed(t)
	from := f.ready("task-1")
	conn, err := pgx.Connect(t.Context(), dbtest.URL(t, f.db)) // our own role may not end connections
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	if _, err := conn.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE datname = current_database() AND query LIKE 'LISTEN%' AND pid <> pg_backend_pid()`); err != nil {
		t.Fatal(err)
	}
	if got := f.next(from); got != "" {
		t.Errorf("%q came", got)
	}
	f.tell(f.mine, "task-1", nil)
	if got := f.next(from); got != "task-1" {
		t.Errorf("afterwards %q came", got)
	}
}

func TestASlowReaderMissesNothingForGood(t *testing.T) {
	f := newFeed(t)
	from := f.ready("often", "once")
	for range 100 {
		f.tell(f.mine, "often", nil)
	}
	f.tell(f.mine, "once", nil)
	last := f.hub.Subscribe(t.Context(), f.mine, []live.Topic{"last"})
	f.tell(f.mine, "last", nil)
	f.next(last) // by now the others were told
	told := false
	for len(from) > 0 {
		topic := <-from
		told = topic == "once" || topic == ""
	}
	if !told {
		t.Error("the last change was lost")
	}
}

func TestASubscriptionEndsWithItsContext(t *testing.T) {
	f := newFeed(t)
	ctx, stop := context.WithCancel(t.Context())
	from := f.hub.Subscribe(ctx, f.mine, []live.Topic{"task-1"})
	stop()
	for open := true; open; {
		select {
		case _, open = <-from:
		case <-time.After(time.Minute):
			t.Fatal("still open")
		}
	}
	f.tell(f.mine, "task-1", nil) // nobody is there to take it
}
