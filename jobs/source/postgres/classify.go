package postgres

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"regexp"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"

	"levqor/jobs/fail"
)

// cause is one known reason why a server or a client program refuses: by the
// server's code where we hear it ourselves, else by what the program printed.
type cause struct {
	key   string
	class fail.Class
	codes []string
	text  *regexp.Regexp // on stderr; a group named name becomes the argument
}

func says(pattern string) *regexp.Regexp { return regexp.MustCompile("(?i)" + pattern) }

// causes are tried in order; the first that fits names the failure.
func causes() []cause {
	return []cause{
		{"login", fail.ClassCredentials, []string{"28P01", "28000"}, says(`password authentication failed|no pg_hba\.conf entry|role "[^"]*" does not exist|role "[^"]*" is not permitted to log in|authentication failed|no password supplied`)},
		{"server_newer", fail.ClassConfig, nil, says(`server version mismatch`)},
		{"row_security", fail.ClassCredentials, nil, says(`affected by row-level security policy for table "(?P<name>[^"]*)"`)},
		{"large_object_denied", fail.ClassCredentials, nil, says(`permission denied for large object (?P<name>[0-9]+)`)},
		{"privilege", fail.ClassCredentials, []string{"42501"}, says(`permission denied(?: for (?P<name>[^\n]*))?|must be (?:owner of|superuser|able to)[^\n]*`)},
		{"database_gone", fail.ClassGone, []string{"3D000"}, says(`database "(?P<name>[^"]*)" does not exist`)},
		{"starting", fail.ClassTransient, []string{"57P03"}, says(`the database system is (starting up|shutting down|in recovery)`)},
		{"role_limit", fail.ClassTransient, nil, says(`too many connections for role "(?P<name>[^"]*)"`)},
		{"busy", fail.ClassTransient, []string{"53300"}, says(`too many (clients|connections)|remaining connection slots|connection limit exceeded`)},
		{"locked", fail.ClassTransient, []string{"55P03", "40P01", "40001", "57014"}, says(`lock timeout|deadlock detected|canceling statement due to (statement|lock) timeout|could not obtain lock`)},
		{"server_full", fail.ClassQuota, []string{"53100"}, says(`No space left on device`)},
		{"server_memory", fail.ClassTransient, []string{"53200"}, says(`out of (shared )?memory`)},
		{"host_unknown", fail.ClassGone, nil, says(`could not translate host name`)},
		{"refused", fail.ClassGone, nil, says(`Connection refused|No such file or directory\s+Is the server running`)},
		{"certificate", fail.ClassConfig, nil, says(`certificate verify failed|does not match host name`)},
		{"no_tls", fail.ClassConfig, nil, says(`server does not support SSL`)},
		{"unreachable", fail.ClassTransient, nil, says(`timeout expired|No route to host|Network is unreachable|Connection timed out`)},
		{"connection_lost", fail.ClassTransient, []string{"57P01", "57P02", "57P04", "57P05", "08000", "08001", "08003", "08006", "25P03"}, says(`server closed the connection|terminating connection|connection to server was lost|SSL (SYSCALL )?error|no connection to the server`)},
		{"changed_meanwhile", fail.ClassTransient, nil, says(`no matching tables were found|relation "[^"]*" does not exist|could not open relation|invalid snapshot identifier|snapshot "[^"]*" does not exist|cache lookup failed`)},
	}
}

// classify turns whatever a connection or a query returns into a failure that
// a person can mend. A canceled context and a failure of ours stay what they are.
func classify(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	if _, ok := errors.AsType[*fail.Error](err); ok {
		return err
	}
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return classifyCode(err, pg)
	}
	if key, class := networkCause(err); key != "" {
		return fail.Work(err, class, "postgres.fail."+key)
	}
	return classifyText(err, err.Error())
}

// ended is the end of ctx where that is why the work failed: a server calls a
// canceled query a timeout.
func ended(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

func classifyCode(err error, pg *pgconn.PgError) error {
	if pg.Code == "53300" && strings.Contains(pg.Message, "for role") {
		return fail.Work(err, fail.ClassTransient, "postgres.fail.role_limit", "detail", pg.Message)
	}
	for _, c := range causes() {
		for _, code := range c.codes {
			if code == pg.Code {
				return fail.Work(err, c.class, "postgres.fail."+c.key, "name", c.named(pg.Message), "detail", shorten(pg.Message))
			}
		}
	}
	return fail.Work(err, fail.ClassInternal, "postgres.fail.refused_by_server", "detail", shorten(pg.Message))
}

func networkCause(err error) (string, fail.Class) {
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		if dns.IsNotFound {
			return "host_unknown", fail.ClassGone
		}
		return "dns", fail.ClassTransient
	}
	_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
	_, wrongName := errors.AsType[x509.HostnameError](err)
	_, invalid := errors.AsType[x509.CertificateInvalidError](err)
	var timeout net.Error
	switch {
	case unknown, wrongName, invalid:
		return "certificate", fail.ClassConfig
	case strings.Contains(err.Error(), "server refused TLS connection"):
		return "no_tls", fail.ClassConfig
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ENOENT):
		return "refused", fail.ClassGone
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout(),
		errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "unreachable", fail.ClassTransient
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), strings.Contains(err.Error(), "unexpected EOF"), strings.Contains(err.Error(), "conn closed"):
		return "connection_lost", fail.ClassTransient
	}
	return "", ""
}

// classifyText names a failure by what a client program printed before it ended.
func classifyText(err error, text string) error {
	for _, c := range causes() {
		match := c.text.FindStringSubmatch(text)
		if match == nil {
			continue
		}
		return fail.Work(err, c.class, "postgres.fail."+c.key, "name", c.named(text), "detail", firstError(text))
	}
	return fail.Work(err, fail.ClassInternal, "postgres.fail.program", "detail", firstError(text))
}

// named is the name in a message that the failure is about, or else the message.
// Servers speak many languages: what stands in quotes is a name in all of them.
func (c cause) named(message string) string {
	if i := c.text.SubexpIndex("name"); i > 0 {
		if match := c.text.FindStringSubmatch(message); match != nil && match[i] != "" {
			return shorten(match[i])
		}
	}
	if match := quoted.FindStringSubmatch(message); match != nil {
		return shorten(match[1])
	}
	return firstError(message)
}

var quoted = regexp.MustCompile(`["«»„“]\s?([^"«»„“”]+?)\s?["«»“”]`)

// firstError is what went wrong first, with what the server itself said of it;
// the rest follows from that.
func firstError(text string) string {
	var first string
	for line := range strings.Lines(text) {
		if _, message, ok := strings.Cut(line, "error: "); ok && first == "" {
			first = message
		} else if _, server, ok := strings.Cut(line, "detail: Error message from server: "); ok && first != "" {
			return shorten(first + " " + server)
		}
	}
	if first == "" {
		first = text
	}
	return shorten(first)
}

// mostSaid is how much of a program's message is kept: whole, but for a hostile one.
const mostSaid = 2000

func shorten(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > mostSaid {
		return string(r[:mostSaid]) + "…"
	}
	return s
}
