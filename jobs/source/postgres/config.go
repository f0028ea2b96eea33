// Package postgres backs up, tests, restores and compares PostgreSQL servers
// with the stock client programs. It knows no workspace, no table of ours and
// no vault: objects go out through a function and come back through another.
package postgres

import (
	"context"
	"crypto/x509"
	"net"
	"regexp"
	"strings"

	"levqor/jobs/db/embedded"
	"levqor/jobs/fail"
)

// TLS modes, as in libpq: TLSVerify checks the certificate and the host's name.
const (
	TLSDisable = "disable"
	TLSPrefer  = "prefer"
	TLSRequire = "require"
	TLSVerify  = "verify"
)

// Dialer opens a TCP connection; the one that guards against addresses inside
// our own network refuses here, on the address, at dial time.
type Dialer func(ctx context.Context, network, address string) (net.Conn, error)

// Config is the access to one server.
type Config struct {
	Host     string `json:"host"` // a name or an address; a folder with a socket only where our own code says so
	Port     int    `json:"port"`
	User     string `json:"user"`
	Password string `json:"-"`
	// Databases to back up; empty means all, with new ones as they come.
	Databases []string `json:"databases,omitempty"`
	TLS       string   `json:"tls"`          // one of the TLS modes
	CA        string   `json:"ca,omitempty"` // PEM of an own authority for TLSVerify; empty means the system's
	// ExcludeDatabases are left out by name; whatever else the server holds must be in a backup.
	ExcludeDatabases []string `json:"exclude_databases,omitempty"`
	// Exclude names tables left out of every backup, as schema.table or database.schema.table.
	Exclude []string `json:"exclude,omitempty"`

	Dial  Dialer            `json:"-"` // nil dials any address
	Bin   embedded.Binaries `json:"-"` // the client programs; zero finds them
	Tools string            `json:"-"` // where to find them (LEVQOR_PG_BIN); empty: where usual

	// found are all programs there are, to choose from; empty where Bin was given.
	found []embedded.Binaries
	// admin is a superuser's address of the same server: only Scratch sets it.
	admin string
}

var hostName = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252}[A-Za-z0-9_.])?$`)

// Validate names every wrong field at once.
func (c Config) Validate() error {
	var form fail.Form
	form.Check(hostName.MatchString(c.Host) || net.ParseIP(c.Host) != nil, "host", "postgres.field.host")
	form.Check(c.Port > 0 && c.Port < 65536, "port", "postgres.field.port")
	form.Check(validName(c.User), "user", "postgres.field.user")
	form.Check(len(c.Password) <= 1024 && !strings.ContainsAny(c.Password, "\x00\n\r"), "password", "postgres.field.password")
	switch c.TLS {
	case TLSDisable, TLSPrefer, TLSRequire, TLSVerify:
	default:
		form.Add("tls", "postgres.field.tls")
	}
	if c.CA != "" {
		form.Check(c.TLS == TLSVerify, "ca", "postgres.field.ca_unused")
		form.Check(x509.NewCertPool().AppendCertsFromPEM([]byte(c.CA)), "ca", "postgres.field.ca")
	}
	for _, name := range c.Databases {
		form.Check(validName(name), "databases", "postgres.field.databases", "name", name)
	}
	for _, name := range c.ExcludeDatabases {
		form.Check(validName(name), "exclude_databases", "postgres.field.databases", "name", name)
	}
	for _, name := range c.Exclude {
		form.Check(strings.Contains(name, ".") && len(name) <= 200 && !strings.Contains(name, "\x00"), "exclude", "postgres.field.exclude", "name", name)
	}
	return form.Err()
}

// validName is what the server takes for a name: at most 63 bytes, no zero.
func validName(name string) bool {
	return name != "" && len(name) <= 63 && !strings.Contains(name, "\x00")
}
