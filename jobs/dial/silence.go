package dial

import (
	"cmp"
	"context"
	"net"
	"time"
)

// Silence is how long nothing may move on a connection that carries requests.
const Silence = time.Minute

// DialHTTP is DialContext for requests, one after the other: what waits on the
// connection fails with a time-out once nothing has moved in either direction
// for g.Silence. However long a body is, a server that stopped is noticed.
func (g Guard) DialHTTP(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := g.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &talking{conn, cmp.Or(g.Silence, Silence)}, nil
}

// talking is a connection on which silence is a failure. A write gives a read
// that waits its time anew: an answer may come long after a slow upload began.
type talking struct {
	net.Conn
	silence time.Duration
}

func (t *talking) Read(p []byte) (int, error) {
	if err := t.SetDeadline(time.Now().Add(t.silence)); err != nil {
		return 0, err
	}
	return t.Conn.Read(p)
}

func (t *talking) Write(p []byte) (int, error) {
	if err := t.SetDeadline(time.Now().Add(t.silence)); err != nil {
		return 0, err
	}
	return t.Conn.Write(p)
}
