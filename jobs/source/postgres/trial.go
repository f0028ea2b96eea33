package postgres

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"levqor/jobs/fail"
)

// States of a step.
const (
	StateFailed  = "failed"
	StateOK      = "ok"
	StateSkipped = "skipped"
)

// Step is one step of a connection test, in this order: dns tcp tls login
// privilege version rehearse.
type Step struct {
	Name  string        `json:"name"`
	State string        `json:"state"`
	Took  time.Duration `json:"took"`
	// Key is a locale key: of a failed step a failure's, with text and mend.
	Key     string         `json:"key"`
	Args    map[string]any `json:"args,omitempty"`
	MendSQL string         `json:"mend_sql,omitempty"` // run by the database's owner, it mends a failed privilege
}

// Facts are what a test learned of a server.
type Facts struct {
	Version   string `json:"version"`
	Databases int    `json:"databases"`
	Tables    int    `json:"tables"`
	Bytes     int64  `json:"bytes"` // of the tables, without indexes
	Notes     []Note `json:"notes,omitempty"`
}

// Test tries the access step by step and reports each as it ends. The error is
// that of the failed step; the steps after it are not tried and not reported.
func Test(ctx context.Context, c Config, report func(Step)) (Facts, error) {
	t := &trial{report: report, server: &server{Config: c}}
	for _, step := range []struct {
		name string
		try  func(context.Context, *Step) error
	}{
		{"dns", t.dns}, {"tcp", t.tcp}, {"tls", t.tls}, {"login", t.login}, {"privilege", t.privilege}, {"version", t.version}, {"rehearse", t.rehearse},
	} {
		if err := t.step(ctx, step.name, step.try); err != nil {
			t.server.close()
			return t.facts, err
		}
	}
	t.server.close()
	return t.facts, nil
}

// trial is one test under way.
type trial struct {
	server *server
	report func(Step)
	facts  Facts

	rehearsed rehearsal
}

// stepTime bounds a step: a firewall that drops packets answers never.
const stepTime = 30 * time.Second

func (t *trial) step(whole context.Context, name string, try func(context.Context, *Step) error) error {
	ctx, cancel := context.WithTimeout(whole, stepTime)
	defer cancel()
	s := Step{Name: name, State: StateOK, Key: "postgres.step." + name, Args: map[string]any{}}
	start := time.Now()
	err := ended(whole, classify(try(ctx, &s)))
	s.Took = time.Since(start)
	if err != nil {
		s.State, s.Key = StateFailed, "fail.internal"
		if f, ok := errors.AsType[*fail.Error](err); ok {
			s.Key, s.Args = f.Key, f.Args
		}
	}
	t.report(s)
	return err
}

func (t *trial) dns(ctx context.Context, s *Step) error {
	host := t.server.Host
	s.Args["host"] = host
	if t.server.isSocket() || net.ParseIP(host) != nil {
		s.State, s.Key = StateSkipped, "postgres.step.dns_not_needed"
		return nil
	}
	found, err := net.DefaultResolver.LookupHost(ctx, host)
	if err != nil {
		return err
	}
	s.Args["address"] = found[0]
	return nil
}

func (t *trial) tcp(ctx context.Context, s *Step) error {
	s.Args["port"] = t.server.Port
	reached, err := t.server.pin(ctx)
	if reached != nil {
		t.server = reached
		s.Args["address"] = reached.pinned
	}
	return err
}

// tls asks the server as a client does, before any name or password is sent.
func (t *trial) tls(ctx context.Context, s *Step) error {
	config, err := t.server.tls()
	if err != nil {
		return err
	}
	if config == nil || t.server.isSocket() {
		s.State, s.Key = StateSkipped, "postgres.step.tls_off"
		return nil
	}
	conn, err := t.server.dialer()(ctx, "tcp", net.JoinHostPort(t.server.pinned, strconv.Itoa(t.server.Port)))
	if err != nil {
		return err
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	}
	if _, err := conn.Write([]byte{0, 0, 0, 8, 4, 210, 22, 47}); err != nil { // SSLRequest
		return err
	}
	answer := make([]byte, 1)
	if _, err := conn.Read(answer); err != nil {
		return fail.Work(err, fail.ClassConfig, "postgres.fail.not_postgres")
	}
	switch {
	case answer[0] == 'N' && t.server.TLS == TLSPrefer:
		s.State, s.Key = StateSkipped, "postgres.step.tls_none"
		return nil
	case answer[0] == 'N':
		return fail.Work(nil, fail.ClassConfig, "postgres.fail.no_tls")
	case answer[0] != 'S':
		return fail.Work(nil, fail.ClassConfig, "postgres.fail.not_postgres")
	}
	secure := tls.Client(conn, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		return err
	}
	state := secure.ConnectionState()
	s.Args["version"] = tls.VersionName(state.Version)
	s.Args["until"] = state.PeerCertificates[0].NotAfter
	if t.server.TLS != TLSVerify {
		s.Key = "postgres.step.tls_unverified"
	}
	return nil
}

func (t *trial) login(ctx context.Context, s *Step) error {
	s.Args["user"] = t.server.User
	conn, err := t.server.entry(ctx)
	if err != nil {
		return err
	}
	t.facts.Version = versionOf(conn)
	return conn.Close(ctx)
}

func (t *trial) version(ctx context.Context, s *Step) error {
	if err := t.server.findTools(ctx); err != nil {
		return err
	}
	err := t.server.choose(t.facts.Version)
	s.Args["server"], s.Args["client"] = t.facts.Version, t.server.Bin.Version
	if err == nil {
		t.facts.Notes = append(t.facts.Notes, ProvenOn(t.facts.Version, t.server.Bin)...)
	}
	return err
}

// privilege looks at every table that a backup would read.
func (t *trial) privilege(ctx context.Context, s *Step) error {
	conn, err := t.server.entry(ctx)
	if err != nil {
		return err
	}
	found, err := t.server.accountFor(ctx, conn)
	conn.Close(ctx)
	if err == nil && len(found.names) == 0 {
		if len(found.notes) > 0 {
			s.MendSQL = found.notes[0].MendSQL
		}
		err = nothingOpen(found)
	}
	if err != nil {
		return err
	}
	var w wants
	for _, name := range found.names {
		if err := t.look(ctx, name, &w); err != nil {
			return err
		}
	}
	t.facts.Databases, t.facts.Notes = len(found.names), append(found.notes, t.facts.Notes...)
	s.Args["tables"], s.Args["databases"], s.Args["of"] = t.facts.Tables, len(found.names), found.of()
	if found.uncovered > 0 {
		s.Key = "postgres.step.privilege_partly"
	}
	s.MendSQL = w.mend(t.server.User, t.facts.Version)
	switch {
	case len(w.denied) > 0:
		return fail.Work(nil, fail.ClassCredentials, "postgres.fail.privilege", "name", sampleOf(w.denied), "names", w.denied[:min(len(w.denied), maxNamed)],
			"count", len(w.denied), "tables", t.facts.Tables, "detail", sampleOf(w.denied))
	case len(w.filtered) > 0:
		return fail.Work(nil, fail.ClassCredentials, "postgres.fail.row_security", "name", sampleOf(w.filtered), "names", w.filtered[:min(len(w.filtered), maxNamed)], "count", len(w.filtered))
	case w.objects > 0:
		return fail.Work(nil, fail.ClassCredentials, "postgres.fail.large_objects", "count", w.objects)
	}
	return nil
}

// maxNamed is how many unreadable tables are told by name.
const maxNamed = 100

// wants is what a role may not read.
type wants struct {
	denied, filtered []string
	objects          int
	objectsIn        []string // databases
}

func (w wants) mend(user, version string) string {
	switch {
	case len(w.denied) > 0 && major(version) < 14:
		return rightsBefore14(user)
	case len(w.denied) > 0:
		return "GRANT pg_read_all_data TO " + plain(user) + ";"
	case len(w.filtered) > 0:
		return "ALTER ROLE " + plain(user) + " BYPASSRLS;"
	}
	var all []string
	for _, database := range w.objectsIn {
		all = append(all, objectRights(database, user))
	}
	return strings.Join(all, "\n")
}

func (t *trial) look(ctx context.Context, database string, w *wants) error {
	conn, err := t.server.connect(ctx, database)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	return pgx.BeginTxFunc(ctx, conn, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		relations, err := listRelations(ctx, tx, t.server.Exclude)
		if err != nil {
			return err
		}
		t.rehearsed.consider(database, relations)
		for _, r := range relations {
			t.facts.Tables++
			t.facts.Bytes += r.Bytes
			name := database + "." + r.Schema + "." + r.Name
			switch {
			case r.Excluded:
			case !r.Readable:
				w.denied = append(w.denied, name)
			case r.Filtered:
				w.filtered = append(w.filtered, name)
			}
		}
		oids, _, _, err := leftOut(ctx, tx, relations)
		if err != nil {
			return err
		}
		return deniedBesides(ctx, tx, database, oids, w)
	})
}

// deniedBesides looks at sequences and large objects, which a dump reads too.
func deniedBesides(ctx context.Context, tx pgx.Tx, database string, out []uint32, w *wants) error {
	rows, err := tx.Query(ctx, `
		SELECT n.nspname || '.' || c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind = 'S' AND c.relpersistence <> 't' AND c.oid <> ALL($1) AND `+ours+belongsToNoExtension("pg_catalog.pg_class", "c.oid")+`
		  AND NOT (pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_sequence_privilege(c.oid, 'SELECT')) ORDER BY 1`, out)
	if err != nil {
		return err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	for _, name := range names {
		w.denied = append(w.denied, database+"."+name)
	}
	if err != nil {
		return err
	}
	var unreadable int
	err = tx.QueryRow(ctx, `
		SELECT count(*) FROM pg_catalog.pg_largeobject_metadata m
		WHERE NOT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user)
		  AND NOT pg_catalog.pg_has_role(m.lomowner, 'USAGE')
		  AND NOT EXISTS (SELECT FROM pg_catalog.aclexplode(m.lomacl) a WHERE a.privilege_type = 'SELECT' AND (a.grantee = 0 OR pg_catalog.pg_has_role(a.grantee, 'USAGE')))`).Scan(&unreadable)
	if unreadable > 0 {
		w.objects += unreadable
		w.objectsIn = append(w.objectsIn, database)
	}
	return err
}
