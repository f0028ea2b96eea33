package workers_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"levqor/jobs/drill/drilltest"
	"levqor/jobs/task"
)

// island is a network of its own, reached over one line whose packets a test may drop.
type island struct {
	t    *testing.T
	name string
	here string // our end of the line
}

// newIsland needs root; anybody else's machine is told so.
func newIsland(t *testing.T, number int) *island {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("a network of its own needs root")
	}
	short := strings.ReplaceAll(uuid.NewString(), "-", "")[:8]
	i := &island{t: t, name: "lv" + short, here: fmt.Sprintf("10.213.%d.1", number)}
	t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", i.name).Run() })
	i.run("ip", "netns", "add", i.name)
	i.run("ip", "link", "add", "h"+short, "type", "veth", "peer", "name", "n"+short, "netns", i.name)
	i.run("ip", "addr", "add", i.here+"/30", "dev", "h"+short)
	i.run("ip", "link", "set", "h"+short, "up")
	i.in("ip", "addr", "add", fmt.Sprintf("10.213.%d.2/30", number), "dev", "n"+short)
	i.in("ip", "link", "set", "n"+short, "up")
	i.in("ip", "link", "set", "lo", "up")
	i.in("nft", "add table inet line; add chain inet line in { type filter hook input priority 0; }; add chain inet line out { type filter hook output priority 0; }")
	return i
}

func (i *island) run(name string, args ...string) {
	i.t.Helper()
	if said, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		i.t.Fatalf("%s %v: %v %s", name, args, err, said)
	}
}

func (i *island) in(args ...string) {
	i.t.Helper()
	i.run("ip", append([]string{"netns", "exec", i.name}, args...)...)
}

// cut drops every packet, as a pulled cable does: nobody is told.
func (i *island) cut() { i.in("nft", "add rule inet line in drop; add rule inet line out drop") }

func (i *island) mend() { i.in("nft", "flush table inet line") }

// offer makes an address of this machine one that the island reaches.
func (i *island) offer(network, far string) (address string) {
	i.t.Helper()
	listener, err := net.Listen("tcp", i.here+":0")
	must(i.t, err)
	i.t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			go carry(near, network, far)
		}
	}()
	return listener.Addr().String()
}

func carry(near net.Conn, network, far string) {
	defer near.Close()
	to, err := net.Dial(network, far)
	if err != nil {
		return
	}
	defer to.Close()
	go func() { _, _ = io.Copy(to, near); _ = to.Close() }()
	_, _ = io.Copy(near, to)
}

// TestCutOffWorkers: every packet of a worker's machine is dropped while it backs up,
// and its connections look alive for as long as nobody speaks. Another worker takes
// over within 15 s; back on the line, the first changes nothing and works on.
func TestCutOffWorkers(t *testing.T) {
	t.Parallel()
	i := newIsland(t, 1+os.Getpid()%200)
	h, g, b := newHouse(t), newGate(), drilltest.NewBucket(t)
	b.Disturb(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/v/p") {
			g.wait()
		}
		return false
	})
	g.set(true)
	t.Cleanup(func() { g.set(true) })
	store, err := url.Parse(b.URL)
	must(t, err)
	in := b.Vault("bucket", "v/")
	in.Endpoint = "http://" + i.offer("tcp", store.Host)
	first := h.spawn()
	plan := h.plan(h.vault(in), h.folder("files", 8, 64<<10))
	if got := h.backUp(plan); got.State != task.Succeeded {
		t.Fatal(got.FailureKey, got.FailureArgs)
	}
	h.settle()
	first.stop()
	for range drilltest.Rounds(1, 10) {
		cutOff(t, h, i, g, plan)
	}
}

func cutOff(t *testing.T, h *house, i *island, g *gate, plan uuid.UUID) {
	g.set(false)
	must(t, fill(filepath.Join(h.root, "files"), 8, 64<<10))
	id, err := h.Backups.Start(t.Context(), h.actor, plan)
	must(t, err)
	away := h.spawnOn(i)
	holder := func() string {
		return strings.Join(ask[string](h, `SELECT state::text || ' ' || coalesce(attempted_by[array_upper(attempted_by, 1)], '') FROM river_job WHERE kind = 'backup' AND args->>'id' = $1`, id.String()), " ")
	}
	pid := fmt.Sprintf("-%d-", away.cmd.Process.Pid)
	at := func() bool { return strings.HasPrefix(holder(), "running") && strings.Contains(holder(), pid) }
	must(t, until(t.Context(), func(context.Context) (bool, error) { return at(), nil }))
	time.Sleep(time.Second) // into the work
	i.cut()
	cut := time.Now()
	second := h.spawn()
	must(t, until(t.Context(), func(context.Context) (bool, error) { return !at(), nil }))
	if took := time.Since(cut); took > 15*time.Second {
		t.Errorf("it was taken over after %s", took)
	} else {
		t.Logf("taken over after %s", took.Round(time.Millisecond))
	}
	g.set(true)
	h.done(id)
	h.settle()
	facts := func() string {
		return strings.Join(ask[string](h, `SELECT id || state || epoch || attempt FROM tasks UNION ALL SELECT id || state || manifest_id FROM snapshots ORDER BY 1`), "\n")
	}
	before := facts()
	i.mend()
	must(t, until(t.Context(), func(context.Context) (bool, error) {
		return ask[int](h, `SELECT count(*)::int FROM worker_leases WHERE lost_at IS NULL`)[0] == 2, nil
	}))
	time.Sleep(2 * time.Second) // whatever it still does
	h.settle()
	if now := facts(); now != before {
		t.Errorf("back on the line it changed\n%s\nto\n%s", before, now)
	}
	second.stop()
	must(t, h.backedUp(t.Context(), plan))
	h.settle()
	away.stop()
}

// spawnOn starts a worker on the island, whose database is reached over the line.
func (h *house) spawnOn(i *island) *worker {
	h.t.Helper()
	near, err := url.Parse(h.url)
	must(h.t, err)
	config := h.DB.Pool().Config().ConnConfig
	network, far := "tcp", net.JoinHostPort(config.Host, fmt.Sprint(config.Port))
	if strings.HasPrefix(config.Host, "/") {
		network, far = "unix", fmt.Sprintf("%s/.s.PGSQL.%d", config.Host, config.Port)
	}
	near.User, near.Host = url.UserPassword(config.User, config.Password), i.offer(network, far)
	near.RawQuery = "sslmode=disable"
	return h.spawnBy([]string{"ip", "netns", "exec", i.name}, "DATABASE_URL="+near.String())
}
