package health_test

import (
	"io"
	"net"
	"net/url"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// wire leads to a database; it can be cut, mended and made silent.
type wire struct {
	mu     sync.Mutex
	quiet  *sync.Cond
	silent bool
	own    net.Listener
	at     string // of our end
	far    [2]string
	open   map[net.Conn]bool
}

// to makes it and returns the address through it.
func (w *wire) to(t *testing.T, address string) string {
	t.Helper()
	config, err := pgconn.ParseConfig(address)
	if err != nil {
		t.Fatal(err)
	}
	w.far[0], w.far[1] = pgconn.NetworkAddress(config.Host, config.Port)
	w.quiet, w.open, w.at = sync.NewCond(&w.mu), map[net.Conn]bool{}, "127.0.0.1:0"
	w.mend(t)
	t.Cleanup(func() { w.hush(false); w.cut() })
	query := url.Values{"sslmode": {"disable"}}
	return (&url.URL{Scheme: "postgres", User: url.UserPassword(config.User, config.Password), Host: w.at, Path: "/" + config.Database, RawQuery: query.Encode()}).String()
}

func (w *wire) mend(t *testing.T) {
	t.Helper()
	own, err := net.Listen("tcp", w.at)
	if err != nil {
		t.Fatal(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.own, w.at = own, own.Addr().String()
	go w.accept(own)
}

func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	_ = w.own.Close()
	for conn := range w.open {
		_ = conn.Close()
		delete(w.open, conn)
	}
}

func (w *wire) hush(silent bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.silent = silent
	w.quiet.Broadcast()
}

func (w *wire) accept(own net.Listener) {
	for {
		near, err := own.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial(w.far[0], w.far[1])
		if err != nil {
			_ = near.Close()
			continue
		}
		w.mu.Lock()
		w.open[near], w.open[far] = true, true
		w.mu.Unlock()
		go w.carry(near, far)
		go w.carry(far, near)
	}
}

func (w *wire) carry(from, to net.Conn) {
	defer to.Close()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		w.mu.Lock()
		for w.silent {
			w.quiet.Wait()
		}
		w.mu.Unlock()
		if _, writeErr := to.Write(buffer[:n]); err != nil || writeErr != nil {
			if err != io.EOF {
				_ = from.Close()
			}
			return
		}
	}
}
