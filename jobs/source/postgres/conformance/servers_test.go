package conformance

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"levqor/jobs/db/embedded"
	"levqor/jobs/source/postgres"
)

// peer is a server looked at from outside: with the stock psql and pg_dump alone.
type peer struct {
	postgres.Config
	bin embedded.Binaries
}

func start(t *testing.T, bin embedded.Binaries) peer {
	t.Helper()
	dir, err := os.MkdirTemp("", "levqor-conformance-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	s, err := embedded.Start(t.Context(), embedded.Options{Dir: filepath.Join(dir, "pg"), Bin: bin, Port: embedded.FreePort, Fast: true, Params: map[string]string{
		"max_connections": "200", "wal_level": "logical", "allow_in_place_tablespaces": "on", "autovacuum": "off", "log_min_messages": "panic",
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Stop(context.Background()) })
	p := peer{bin: bin, Config: postgres.Config{TLS: postgres.TLSDisable, Tools: os.Getenv("LEVQOR_PG_BIN")}}
	p.Host, p.Port, p.User, p.Password = s.Access()
	return p
}

func (p peer) run(program string, args ...string) (string, error) {
	cmd := exec.Command(p.bin.Path(program), args...)
	cmd.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=C", "PGHOST=" + p.Host, "PGPORT=" + strconv.Itoa(p.Port), "PGUSER=" + p.User, "PGPASSWORD=" + p.Password}
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s %v: %w: %s", program, args, err, problems.String())
	}
	return out.String(), nil
}

func (p peer) must(t *testing.T, program string, args ...string) string {
	t.Helper()
	out, err := p.run(program, args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (p peer) sql(t *testing.T, text string) string {
	t.Helper()
	return p.must(t, "psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", "postgres", "-c", text)
}

// dump is all of a database in the words of pg_dump, whatever its name is there.
func (p peer) dump(t *testing.T, database, name string) string {
	t.Helper()
	args := []string{"-C", "--inserts", "--large-objects", database}
	if p.bin.Major < 16 {
		args[2] = "--blobs"
	}
	text := p.must(t, "pg_dump", args...)
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		if !strings.HasPrefix(line, `\restrict `) && !strings.HasPrefix(line, `\unrestrict `) {
			lines = append(lines, line)
		}
	}
	return strings.ReplaceAll(strings.Join(lines, "\n"), database, name)
}

func (p peer) make(t *testing.T, d oddDatabase) {
	t.Helper()
	if d.tablespace != "" {
		p.sql(t, "CREATE TABLESPACE "+d.tablespace+" LOCATION ''")
	}
	create := `CREATE DATABASE "` + d.name + `" TEMPLATE template0 ENCODING '` + d.encoding + `' LC_COLLATE 'C' LC_CTYPE 'C'`
	if d.icu != "" {
		create += ` LOCALE_PROVIDER icu ICU_LOCALE '` + d.icu + `'`
	}
	p.sql(t, create)
	p.must(t, "psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", d.name, "-f", d.file)
}

// shelf keeps the objects of one backup in memory.
type shelf struct {
	sync.Mutex
	objects map[string][]byte
}

func (s *shelf) put(_ context.Context, path string, r io.Reader) (int64, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return 0, err
	}
	s.Lock()
	defer s.Unlock()
	s.objects[path] = text
	return int64(len(text)), nil
}

func (s *shelf) open(_ context.Context, path string) (io.ReadCloser, error) {
	s.Lock()
	defer s.Unlock()
	text, ok := s.objects[path]
	if !ok {
		return nil, fmt.Errorf("no object %s", path)
	}
	return io.NopCloser(bytes.NewReader(text)), nil
}

func scratch(t *testing.T, bin embedded.Binaries, tables int) postgres.Config {
	t.Helper()
	dir, err := os.MkdirTemp("", "levqor-drill-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	c, end, err := postgres.Scratch(t.Context(), filepath.Join(dir, "pg"), bin, tables)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := end(ctx); err != nil {
			t.Error(err)
		}
		os.RemoveAll(dir)
	})
	return c
}
