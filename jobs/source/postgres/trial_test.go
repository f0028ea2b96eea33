package postgres

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"levqor/jobs/db/embedded"
)

func tried(t *testing.T, c Config) ([]Step, Facts, error) {
	t.Helper()
	var steps []Step
	facts, err := Test(t.Context(), c, func(s Step) { steps = append(steps, s) })
	return steps, facts, err
}

// outcome is a test in short: "dns ok, tcp failed postgres.fail.refused".
func outcome(steps []Step) string {
	var words []string
	for _, s := range steps {
		word := s.Name + " " + s.State
		if s.State == StateFailed {
			word += " " + s.Key
		}
		words = append(words, word)
	}
	return strings.Join(words, ", ")
}

func TestATestNamesTheFailingStep(t *testing.T) {
	t.Parallel()
	good := admin(t)
	for name, c := range map[string]struct {
		change func(*Config)
		want   string
	}{
		"unknown host":      {func(c *Config) { c.Host = "no-such-host.invalid" }, "dns failed postgres.fail.host_unknown"},
		"guarded":           {func(c *Config) { c.Dial = guarded }, "dns skipped, tcp failed source.fail.address"},
		"closed port":       {func(c *Config) { c.Port = 1 }, "dns skipped, tcp failed postgres.fail.refused"},
		"no TLS":            {func(c *Config) { c.TLS = TLSRequire }, "dns skipped, tcp ok, tls failed postgres.fail.no_tls"},
		"TLS preferred":     {func(c *Config) { c.TLS = TLSPrefer }, "dns skipped, tcp ok, tls skipped, login ok, privilege ok, version ok, rehearse ok"},
		"wrong password":    {func(c *Config) { c.Password = "no" }, "dns skipped, tcp ok, tls skipped, login failed postgres.fail.login"},
		"unknown database":  {func(c *Config) { c.Databases = []string{"no such"} }, "dns skipped, tcp ok, tls skipped, login failed postgres.fail.database_gone"},
		"an older pg_dump":  {func(c *Config) { c.Bin = embedded.Binaries{Dir: "/usr/bin", Major: 9, Version: "9.6"} }, "dns skipped, tcp ok, tls skipped, login ok, privilege ok, version failed postgres.fail.server_newer"},
		"all well, by name": {func(c *Config) { c.Host = "localhost" }, "dns ok, tcp ok, tls skipped, login ok, privilege ok, version ok, rehearse ok"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := good
			config.Databases = []string{"postgres"}
			c.change(&config)
			steps, _, err := tried(t, config)
			if got := outcome(steps); got != c.want || (err != nil) != strings.Contains(c.want, "failed") {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

func TestATestListsWhatTheRoleCannotRead(t *testing.T) {
	t.Parallel()
	c := admin(t)
	name, role := unique("priv"), unique("priv role")
	database(t, c, name, `
		CREATE SCHEMA audit; CREATE TABLE audit.events (id serial); CREATE TABLE audit."ex ports" (id int);
		CREATE TABLE public.a (id int); CREATE TABLE guarded (id int); ALTER TABLE guarded ENABLE ROW LEVEL SECURITY`)
	run(t, c, "postgres", GrantSQL(role, "p'w"))
	t.Cleanup(func() { run(t, c, "postgres", `DROP ROLE `+ident(role)) })
	run(t, c, "postgres", `REVOKE pg_read_all_data FROM `+ident(role))
	reader := c
	reader.User, reader.Password, reader.Databases = role, "p'w", []string{name}

	steps, _, err := tried(t, reader)
	if err == nil || steps[len(steps)-1].Key != "postgres.fail.privilege" {
		t.Fatalf("%s, %v", outcome(steps), err)
	}
	names := steps[len(steps)-1].Args["names"].([]string)
	if !slices.Contains(names, name+".audit.events") || !slices.Contains(names, name+".audit.ex ports") || !slices.Contains(names, name+".audit.events_id_seq") {
		t.Errorf("named are %v", names)
	}
	run(t, c, "postgres", steps[len(steps)-1].MendSQL)
	steps, _, err = tried(t, reader)
	if err == nil || steps[len(steps)-1].Key != "postgres.fail.row_security" {
		t.Fatalf("%s, %v", outcome(steps), err)
	}
	run(t, c, "postgres", steps[len(steps)-1].MendSQL)
	steps, facts, err := tried(t, reader)
	if err != nil || facts.Tables != 4 || facts.Databases != 1 || major(facts.Version) == 0 {
		t.Fatalf("%s, %+v, %v", outcome(steps), facts, err)
	}
	if _, err := Dump(t.Context(), reader, time.Now(), newShelf().put, nil); err != nil {
		t.Errorf("the granted role can't dump: %v", err)
	}
	run(t, c, name, `SELECT lo_from_bytea(0, 'x')`)
	if steps, _, _ := tried(t, reader); steps[len(steps)-1].Key != "postgres.fail.large_objects" {
		t.Errorf("an unreadable large object: %s", outcome(steps))
	}
}

func TestTLSIsVerified(t *testing.T) {
	t.Parallel()
	bin, err := embedded.Find(t.Context(), os.Getenv("LEVQOR_PG_BIN"))
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "levqor-tls-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	ca := certificate(t, dir, "db.example.test")
	s, err := embedded.Start(t.Context(), embedded.Options{Dir: filepath.Join(dir, "pg"), Bin: bin, Port: embedded.FreePort, Fast: true, Params: map[string]string{
		"ssl": "on", "ssl_cert_file": filepath.Join(dir, "cert.pem"), "ssl_key_file": filepath.Join(dir, "key.pem"),
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Stop(context.Background()) })
	c := access(s)
	c.Databases = []string{"postgres"}
	// The name leads to the server only through this dialer, as a public name would through DNS.
	c.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, net.JoinHostPort("127.0.0.1", strconv.Itoa(c.Port)))
	}
	dumps := func(c Config) error {
		_, err := Dump(t.Context(), c, time.Now(), newShelf().put, nil)
		return err
	}
	c.TLS = TLSRequire
	if steps, _, err := tried(t, c); err != nil || steps[2].Key != "postgres.step.tls_unverified" {
		t.Errorf("required: %s, %v", outcome(steps), err)
	}
	c.TLS = TLSVerify
	if steps, _, _ := tried(t, c); outcome(steps) != "dns skipped, tcp ok, tls failed postgres.fail.certificate" {
		t.Errorf("unknown authority: %s", outcome(steps))
	}
	c.CA = ca
	if steps, _, _ := tried(t, c); outcome(steps) != "dns skipped, tcp ok, tls failed postgres.fail.certificate" {
		t.Errorf("another name: %s", outcome(steps))
	}
	if err := dumps(c); err == nil {
		t.Error("a dump trusts another name")
	}
	c.Host = "db.example.test"
	if err := dumps(c); err != nil {
		t.Errorf("verified: %v", err)
	}
}

func certificate(t *testing.T, dir, name string) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for file, text := range map[string][]byte{"cert.pem": ca, "key.pem": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})} {
		path := filepath.Join(dir, file)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if u, err := user.Lookup("postgres"); err == nil && os.Geteuid() == 0 {
			uid, _ := strconv.Atoi(u.Uid)
			gid, _ := strconv.Atoi(u.Gid)
			if err := os.Chown(path, uid, gid); err != nil {
				t.Fatal(err)
			}
		}
	}
	return string(ca)
}
