package bucket

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"time"

	"levqor/jobs/dial"
	"levqor/jobs/fail"
)

func (c Config) dialer() func(ctx context.Context, network, address string) (net.Conn, error) {
	if c.Dial != nil {
		return c.Dial
	}
	return dial.Guard{}.DialHTTP
}

// Host is the endpoint's host and port, and whether it is spoken to with TLS.
func (c Config) Host() (host, port string, secure bool) {
	u, _ := parse(c.Endpoint)
	secure = u.Scheme == "https"
	if port = u.Port(); port == "" {
		port = map[bool]string{true: "443", false: "80"}[secure]
	}
	return u.Hostname(), port, secure
}

// Lookup is the first address of the host; empty when it is one itself.
func (c Config) Lookup(ctx context.Context) (string, error) {
	host, _, _ := c.Host()
	if net.ParseIP(host) != nil {
		return "", nil
	}
	found, err := net.DefaultResolver.LookupHost(ctx, host)
	if err != nil {
		return "", classify(err)
	}
	return found[0], nil
}

// Connect opens and closes a connection.
func (c Config) Connect(ctx context.Context) error {
	conn, err := c.connect(ctx)
	if err != nil {
		return err
	}
	return conn.Close()
}

func (c Config) connect(ctx context.Context) (net.Conn, error) {
	host, port, _ := c.Host()
	conn, err := c.dialer()(ctx, "tcp", net.JoinHostPort(host, port))
	return conn, classify(err)
}

// Handshake says which TLS version is spoken and until when the certificate is valid.
func (c Config) Handshake(ctx context.Context) (version string, until time.Time, err error) {
	conn, err := c.connect(ctx)
	if err != nil {
		return "", until, err
	}
	defer conn.Close()
	host, _, _ := c.Host()
	secure := tls.Client(conn, &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12})
	if err := secure.HandshakeContext(ctx); err != nil {
		return "", until, classify(err)
	}
	state := secure.ConnectionState()
	return tls.VersionName(state.Version), state.PeerCertificates[0].NotAfter, nil
}

// Taste reads the beginning of one object.
func (b *Bucket) Taste(ctx context.Context, o Object) error {
	body, _, err := b.Read(ctx, o)
	if err != nil {
		return err
	}
	defer body.Close()
	if _, err := io.CopyN(io.Discard, body, min(o.Size, 1)); err != nil {
		return fail.Work(err, fail.ClassTransient, "source.fail.object_broke_off", "key", o.Key)
	}
	return nil
}
