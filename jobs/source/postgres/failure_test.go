package postgres

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"levqor/jobs/fail"
)

func TestADumpThatCannotBeginSaysWhy(t *testing.T) {
	t.Parallel()
	good := admin(t)
	for name, c := range map[string]struct {
		change func(*Config)
		class  fail.Class
		key    string
	}{
		"wrong password":  {func(c *Config) { c.Password = "no" }, fail.ClassCredentials, "postgres.fail.login"},
		"unknown user":    {func(c *Config) { c.User = "nobody_here" }, fail.ClassCredentials, "postgres.fail.login"},
		"wrong database":  {func(c *Config) { c.Databases = []string{"no such"} }, fail.ClassGone, "postgres.fail.database_gone"},
		"wrong port":      {func(c *Config) { c.Port = 1 }, fail.ClassGone, "postgres.fail.refused"},
		"wrong host":      {func(c *Config) { c.Host = "no-such-host.invalid" }, fail.ClassGone, "postgres.fail.host_unknown"},
		"no TLS there":    {func(c *Config) { c.TLS = TLSRequire }, fail.ClassConfig, "postgres.fail.no_tls"},
		"guarded address": {func(c *Config) { c.Dial = guarded }, "", "source.fail.address"},
		"older client":    {func(c *Config) { c.Bin.Dir, c.Bin.Major = "/usr/bin", 9 }, fail.ClassConfig, "postgres.fail.server_newer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := good
			c.change(&config)
			_, err := Dump(t.Context(), config, time.Now(), newShelf().put, nil)
			wantFailure(t, err, c.class, c.key)
		})
	}
}

func guarded(context.Context, string, string) (net.Conn, error) {
	return nil, fail.New(fail.Forbidden, "source.fail.address")
}

// pausing hands out the first piece of every stream and then waits for leave.
type pausing struct {
	begun chan struct{}
	leave chan struct{}
}

func (p *pausing) put(_ context.Context, path string, r io.Reader) (int64, error) {
	if strings.HasSuffix(path, "rest.sql") {
		if _, err := io.ReadFull(r, make([]byte, 4096)); err != nil {
			return 0, err
		}
		close(p.begun)
		<-p.leave
	}
	return io.Copy(io.Discard, r)
}

func halfway(t *testing.T, disturb func(c Config, name string, cancel func())) error {
	t.Helper()
	c := admin(t)
	name := unique("halfway")
	database(t, c, name, `CREATE TABLE big AS SELECT g, repeat('x', 100) AS v FROM generate_series(1, 200000) g`)
	c.Databases = []string{name}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	p := &pausing{make(chan struct{}), make(chan struct{})}
	done := make(chan error)
	go func() {
		_, err := Dump(ctx, c, time.Now(), p.put, nil)
		done <- err
	}()
	<-p.begun
	disturb(c, name, cancel)
	close(p.leave)
	return <-done
}

func TestASourceThatFailsHalfwayIsAFailedBackup(t *testing.T) {
	t.Parallel()
	t.Run("its connections are ended", func(t *testing.T) {
		t.Parallel()
		err := halfway(t, func(c Config, name string, _ func()) {
			run(t, c, "postgres", `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = `+literal(name))
		})
		wantFailure(t, err, fail.ClassTransient, "postgres.fail.connection_lost")
	})
	t.Run("the database is dropped", func(t *testing.T) {
		t.Parallel()
		err := halfway(t, func(c Config, name string, _ func()) { run(t, c, "postgres", `DROP DATABASE `+name+` WITH (FORCE)`) })
		wantFailure(t, err, fail.ClassTransient, "postgres.fail.connection_lost")
	})
	t.Run("canceled", func(t *testing.T) {
		t.Parallel()
		var stopped Config
		var database string
		err := halfway(t, func(c Config, name string, cancel func()) { stopped, database = c, name; cancel() })
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("got %v", err)
		}
	left:
		for range 1000 {
			if n := value[int](t, stopped, "postgres", `SELECT count(*) FROM pg_stat_activity WHERE datname = `+literal(database)); n == 0 {
				break left
			}
		}
	})
}

func TestAVaultThatReadsOnlyHalfIsAFailedBackup(t *testing.T) {
	t.Parallel()
	c := admin(t)
	name := unique("halfread")
	database(t, c, name, `CREATE TABLE a AS SELECT g FROM generate_series(1, 100000) g`)
	c.Databases = []string{name}
	_, err := Dump(t.Context(), c, time.Now(), func(_ context.Context, _ string, r io.Reader) (int64, error) {
		n, err := io.ReadFull(r, make([]byte, 10))
		return int64(n), err
	}, nil)
	wantFailure(t, err, fail.ClassInternal, "postgres.fail.counts_differ")
	full := errors.New("vault full")
	if _, err = Dump(t.Context(), c, time.Now(), func(context.Context, string, io.Reader) (int64, error) { return 0, full }, nil); !errors.Is(err, full) {
		t.Errorf("the vault's own error becomes %v", err)
	}
}

func TestWhatProgramsPrintIsUnderstood(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		class fail.Class
		key   string
	}{
		`pg_dump: error: connection to server at "db" (1.2.3.4), port 5432 failed: FATAL:  password authentication failed for user "x"`: {fail.ClassCredentials, "login"},
		`pg_dump: error: query failed: ERROR:  permission denied for table secrets`:                                                     {fail.ClassCredentials, "privilege"},
		`pg_dump: error: aborting because of server version mismatch`:                                                                   {fail.ClassConfig, "server_newer"},
		`pg_dump: error: connection to server failed: FATAL:  database "shop" does not exist`:                                           {fail.ClassGone, "database_gone"},
		`connection to server at "db" (1.2.3.4), port 5432 failed: Connection refused`:                                                  {fail.ClassGone, "refused"},
		`could not translate host name "x" to address: Name or service not known`:                                                       {fail.ClassGone, "host_unknown"},
		`FATAL:  the database system is starting up`:                                                                                    {fail.ClassTransient, "starting"},
		`FATAL:  sorry, too many clients already`:                                                                                       {fail.ClassTransient, "busy"},
		`ERROR:  canceling statement due to lock timeout`:                                                                               {fail.ClassTransient, "locked"},
		`ERROR:  could not extend file "base/1/2": No space left on device`:                                                             {fail.ClassQuota, "server_full"},
		`server closed the connection unexpectedly`:                                                                                     {fail.ClassTransient, "connection_lost"},
		`certificate verify failed`:                                                                                                     {fail.ClassConfig, "certificate"},
		`something nobody knows`:                                                                                                        {fail.ClassInternal, "program"},
	} {
		wantFailure(t, classifyText(io.ErrUnexpectedEOF, text), want.class, "postgres.fail."+want.key)
	}
}

func TestEveryCauseHasItsWords(t *testing.T) {
	t.Parallel()
	words, err := os.ReadFile("../../../locales/en/postgres.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range causes() {
		if !strings.Contains(string(words), "\n    "+c.key+":\n      text:") {
			t.Errorf("postgres.fail.%s has no text", c.key)
		}
	}
}

func TestConfigNamesEveryWrongField(t *testing.T) {
	t.Parallel()
	good := Config{Host: "db.example.com", Port: 5432, User: "levqor_backup", Password: "x", TLS: TLSVerify}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Config){
		"host":      func(c *Config) { c.Host = "a,b" },
		"host ":     func(c *Config) { c.Host = "/var/run/postgresql" },
		"host  ":    func(c *Config) { c.Host = "h user=postgres" },
		"port":      func(c *Config) { c.Port = 70000 },
		"user":      func(c *Config) { c.User = "" },
		"password":  func(c *Config) { c.Password = "a\nb" },
		"tls":       func(c *Config) { c.TLS = "maybe" },
		"ca":        func(c *Config) { c.CA = "nonsense" },
		"databases": func(c *Config) { c.Databases = []string{""} },
		"exclude":   func(c *Config) { c.Exclude = []string{"orders"} },
	} {
		c := good
		change(&c)
		f, ok := errors.AsType[*fail.Error](c.Validate())
		if !ok || len(f.Fields) != 1 || f.Fields[0].Name != strings.TrimSpace(name) {
			t.Errorf("%s: %v", name, f)
		}
	}
}
