package postgres

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"levqor/jobs/db/embedded"
)

// BenchmarkEndToEnd measures a pgbench database (LEVQOR_BENCH_SCALE, 10 by
// default, 60 is 0.9 GB): the backup against pg_dump alone, and a drill.
// Figures are medians of three, taken in turns.
func BenchmarkEndToEnd(b *testing.B) {
	bin, err := embedded.Find(b.Context(), os.Getenv("LEVQOR_PG_BIN"))
	if err != nil {
		b.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "levqor-bench-")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		b.Fatal(err)
	}
	s, err := embedded.Start(b.Context(), embedded.Options{Dir: filepath.Join(dir, "pg"), Bin: bin, Fast: true, Params: map[string]string{"shared_buffers": "512MB"}})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Stop(context.Background()) })
	c := access(s)
	c.Databases = []string{"postgres"}
	reach, err := c.reach(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	scale := os.Getenv("LEVQOR_BENCH_SCALE")
	if scale == "" {
		scale = "10"
	}
	command(b, reach, "pgbench", "-i", "-q", "-s", scale)
	for b.Loop() {
		rounds(b, reach, c, dir)
	}
}

func rounds(b *testing.B, s *server, c Config, dir string) {
	b.Helper()
	took := map[string][]float64{}
	measure := func(name string, work func()) {
		start := time.Now()
		work()
		took[name] = append(took[name], time.Since(start).Seconds())
	}
	for round := range 3 {
		out := filepath.Join(dir, fmt.Sprint("fd", round))
		measure("pg_dump-s", func() { command(b, s, "pg_dump", "-Fd", "-j2", "-Z0", "-f", out, "postgres") })
		os.RemoveAll(out)
		measure("dump-s", func() {
			_, err := Dump(b.Context(), c, time.Now(), func(_ context.Context, _ string, r io.Reader) (int64, error) { return io.Copy(io.Discard, r) }, nil)
			if err != nil {
				b.Fatal(err)
			}
		})
	}
	files := folder{dir: filepath.Join(dir, "objects")}
	truth, err := Dump(b.Context(), c, time.Now(), files.put, nil)
	if err != nil {
		b.Fatal(err)
	}
	for range 3 {
		target := scratch(b)
		measure("restore-s", func() {
			if _, err := Restore(b.Context(), Target{Config: target, Names: map[string]string{"postgres": "copy"}}, truth, files.open, time.Now(), nil); err != nil {
				b.Fatal(err)
			}
		})
		measure("compare-s", func() {
			checks, err := Compare(b.Context(), target, map[string]string{"postgres": "copy"}, truth, nil)
			if err != nil || len(bad(checks)) > 0 {
				b.Fatal(err, bad(checks))
			}
		})
	}
	for name, all := range took {
		slices.Sort(all)
		took[name] = all
		b.ReportMetric(all[len(all)/2], name)
	}
	b.ReportMetric(took["dump-s"][1]/took["pg_dump-s"][1], "dump/pg_dump")
	b.ReportMetric(float64(truth.Bytes())/1e6, "MB")
	b.ReportMetric(0, "ns/op")
}

func command(b *testing.B, s *server, program string, args ...string) {
	b.Helper()
	cmd := exec.Command(s.Bin.Path(program), args...)
	cmd.Env = s.env("postgres")
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%s: %v: %s", program, err, out)
	}
}

// folder keeps the objects of a backup as files.
type folder struct {
	sync.Mutex
	dir string
}

func (f *folder) put(_ context.Context, path string, r io.Reader) (int64, error) {
	path = filepath.Join(f.dir, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return 0, err
	}
	file, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	return io.Copy(file, r)
}

func (f *folder) open(_ context.Context, path string) (io.ReadCloser, error) {
	return os.Open(filepath.Join(f.dir, path))
}
