package postgres

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"

	"levqor/jobs/db/embedded"
	"levqor/jobs/fail"
)

const (
	applicationName = "levqor"
	dialTimeout     = 15 * time.Second
	// cancelTime is how long a server has to end a canceled query.
	cancelTime = 2 * time.Second
)

// server is a Config whose address is settled: the guard looked at it once, and
// every program that we start connects to exactly that address.
type server struct {
	Config
	pinned string // the address behind the host's name; empty for a socket
	root   string // the file of authorities for TLSVerify
	own    bool   // that file is ours to remove
	pool   bool   // a pool stands in front, which passes no options on
	// options fixes the sessions of the client programs; empty: sessionOptions.
	options string
}

func (c Config) isSocket() bool { return strings.HasPrefix(c.Host, "/") }

func (c Config) dialer() Dialer {
	if c.Dial != nil {
		return c.Dial
	}
	return (&net.Dialer{Timeout: dialTimeout}).DialContext
}

func (c Config) address() string { return net.JoinHostPort(c.Host, strconv.Itoa(c.Port)) }

// reach settles the address and finds the client programs.
func (c Config) reach(ctx context.Context) (*server, error) {
	if err := c.findTools(ctx); err != nil {
		return nil, err
	}
	return c.pin(ctx)
}

func (c *Config) findTools(ctx context.Context) error {
	if c.Bin.Dir != "" {
		return nil
	}
	found, err := embedded.All(ctx, c.Tools)
	if err != nil {
		return fail.Work(err, fail.ClassConfig, "postgres.fail.no_tools")
	}
	c.Bin, c.found = found[0], found
	return nil
}

// choose takes the programs of the server's own major version, else the next
// newer ones; older ones can't read it.
func (c *Config) choose(version string) error {
	if len(c.found) > 0 {
		if bin, ok := embedded.Choose(c.found, major(version)); ok {
			c.Bin = bin
		}
	}
	if major(version) > c.Bin.Major {
		return fail.Work(nil, fail.ClassConfig, "postgres.fail.server_newer", "server", version, "client", c.Bin.Version, "package", embedded.Package(major(version)))
	}
	return nil
}

// pin connects once, past the guard, and keeps the address that answered.
func (c Config) pin(ctx context.Context) (*server, error) {
	s := &server{Config: c}
	if c.isSocket() {
		return s, nil
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	conn, err := c.dialer()(ctx, "tcp", c.address())
	if err != nil {
		return nil, classify(err)
	}
	defer conn.Close()
	if s.pinned, _, err = net.SplitHostPort(conn.RemoteAddr().String()); err != nil {
		return nil, err
	}
	if s.TLS == TLSVerify {
		err = s.writeRoot()
	}
	return s, err
}

func (s *server) close() {
	if s.own {
		os.Remove(s.root)
	}
}

// connect opens one connection to a database; the caller closes it.
func (s *server) connect(ctx context.Context, database string) (*pgx.Conn, error) {
	config, err := s.pgx(database)
	if err != nil {
		return nil, err
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, classify(err)
	}
	// Not while connecting: some encodings have no way to UTF-8.
	status := conn.PgConn().ParameterStatus
	if encoding := status("server_encoding"); status("client_encoding") != utf8Encoding && encoding != withoutUTF8 {
		if _, err := conn.Exec(ctx, `SET client_encoding = '`+utf8Encoding+`'`); err != nil {
			conn.Close(context.WithoutCancel(ctx))
			return nil, classify(err)
		}
	}
	return conn, nil
}

// Encodings: withoutUTF8 can't be converted, a database with noEncoding takes any bytes.
const (
	noEncoding   = "SQL_ASCII"
	utf8Encoding = "UTF8"
	withoutUTF8  = "MULE_INTERNAL"
)

func (s *server) pgx(database string) (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig("sslmode=disable")
	if err != nil {
		return nil, err
	}
	config.Host, config.Port, config.User, config.Password, config.Database = s.Host, uint16(s.Port), s.User, s.Password, database
	config.ConnectTimeout = dialTimeout
	config.RuntimeParams = map[string]string{"application_name": applicationName, "timezone": "UTC"}
	config.Fallbacks = nil
	// A canceled count must end on the server too: it holds a snapshot.
	config.BuildContextWatcherHandler = func(conn *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: conn, DeadlineDelay: cancelTime}
	}
	if s.isSocket() {
		bounded(config)
		return config, nil
	}
	// The name was resolved once; resolving it again could lead elsewhere.
	config.LookupFunc = func(context.Context, string) ([]string, error) { return []string{s.pinned}, nil }
	config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		return s.dialer()(ctx, network, address)
	}
	bounded(config)
	if config.TLSConfig, err = s.tls(); err != nil || s.TLS != TLSPrefer {
		return config, err
	}
	config.Fallbacks = []*pgconn.FallbackConfig{{Host: config.Host, Port: config.Port}}
	return config, nil
}

// tls is nil where the connection stays plain.
func (c Config) tls() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: c.Host}
	switch c.TLS {
	case TLSVerify:
		if c.CA == "" {
			return config, nil
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM([]byte(c.CA)) {
			return nil, fail.Work(nil, fail.ClassConfig, "postgres.fail.ca")
		}
		return config, nil
	case TLSRequire, TLSPrefer:
		config.InsecureSkipVerify = true // the mode's promise is encryption, not identity
		return config, nil
	}
	return nil, nil
}

// env is all that a client program gets to know of us; the password never
// stands in its arguments.
func (s *server) env(database string) []string {
	env := []string{
		"PATH=" + s.Bin.Dir + ":/usr/bin:/bin", "HOME=/nonexistent", "LC_ALL=C", "TZ=UTC",
		"PGHOST=" + s.Host, "PGPORT=" + strconv.Itoa(s.Port), "PGUSER=" + s.User, "PGPASSWORD=" + s.Password,
		"PGDATABASE=" + database, "PGAPPNAME=" + applicationName, "PGCONNECT_TIMEOUT=15", "PGTZ=UTC",
		"PGPASSFILE=/dev/null", "PGSERVICEFILE=/dev/null", "PGGSSENCMODE=disable",
	}
	if !s.pool {
		env = append(env, "PGOPTIONS="+cmp.Or(s.options, sessionOptions))
	}
	switch {
	case s.isSocket():
		return env
	case s.TLS == TLSVerify:
		return append(env, "PGHOSTADDR="+s.pinned, "PGSSLMODE=verify-full", "PGSSLROOTCERT="+s.root)
	}
	return append(env, "PGHOSTADDR="+s.pinned, "PGSSLMODE="+cmp.Or(s.TLS, TLSPrefer))
}

// sessionOptions fix how values are written, against what a role or a database
// has set for itself; else the same row would have two texts.
const sessionOptions = "-c bytea_output=hex -c lc_monetary=C -c statement_timeout=0 -c idle_in_transaction_session_timeout=0" +
	" -c standard_conforming_strings=on -c quote_all_identifiers=off -c array_nulls=on"

// writeRoot settles where libpq reads the authorities from: older ones don't
// know the system's.
func (s *server) writeRoot() error {
	if s.CA != "" {
		file, err := os.CreateTemp("", "levqor-ca-*.pem")
		if err != nil {
			return err
		}
		s.root, s.own = file.Name(), true
		_, err = file.WriteString(s.CA)
		return errors.Join(err, file.Close())
	}
	for _, path := range []string{
		"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
		"/etc/ssl/cert.pem", "/opt/homebrew/etc/openssl@3/cert.pem",
	} {
		if _, err := os.Stat(path); err == nil {
			s.root = path
			return nil
		}
	}
	return fail.Work(errors.New("no bundle of authorities on this machine"), fail.ClassConfig, "postgres.fail.no_authorities")
}
