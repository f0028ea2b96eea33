package source_test

import (
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"levqor/jobs/dial"
	"levqor/jobs/drill/drilltest"
	"levqor/jobs/source"
	"levqor/jobs/source/postgres"
	"levqor/jobs/task"
)

// tested does a source's first test.
func tested(t *testing.T, h *drilltest.House, in source.Input) source.Test {
	t.Helper()
	_, test := create(t, h, in)
	return perform(t, h, h.Sources, test)
}

func perform(t *testing.T, h *drilltest.House, with *source.Sources, test uuid.UUID) source.Test {
	t.Helper()
	if err := with.PerformTest(t.Context(), test); err != nil {
		t.Fatal(err)
	}
	found, err := h.Sources.GetTest(t.Context(), h.Actor, test)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// steps is a test in short: "dns tcp -tls !credentials ?bucket" for steps that
// are fine, were not needed, failed, were not tried.
func steps(of source.Test) string {
	marks := map[string]string{source.StepFailed: "!", source.StepOK: "", source.StepSkipped: "-", source.StepUntested: "?"}
	var names []string
	for _, s := range of.Steps {
		names = append(names, marks[s.State]+s.Name)
	}
	return strings.Join(names, " ")
}

func TestAFolderIsTested(t *testing.T) {
	t.Parallel()
	h := drilltest.NewHouse(t)
	t.Run("a good one", func(t *testing.T) {
		in := folderIn(t, h, "good")
		id, test := create(t, h, in)
		got := perform(t, h, h.Sources, test)
		s, err := h.Sources.Get(t.Context(), h.Actor, id)
		if steps(got) != "allowed exists readable count" || got.State != task.Succeeded || err != nil || s.Facts.Files != 1 || s.TestedAt == nil {
			t.Fatalf("%s: %s, %+v %v", got.State, steps(got), s.Facts, err)
		}
	})
	t.Run("one that is not there", func(t *testing.T) {
		in := folderIn(t, h, "gone")
		_, test := create(t, h, in)
		if err := os.RemoveAll(in.Config.Folder.Path); err != nil {
			t.Fatal(err)
		}
		got := perform(t, h, h.Sources, test)
		if steps(got) != "allowed !exists ?readable ?count" || got.State != task.Failed || got.FailureKey != "source.fail.folder_gone" {
			t.Fatalf("%s %s: %s", got.State, got.FailureKey, steps(got))
		}
	})
	t.Run("one that became a link out", func(t *testing.T) {
		in := folderIn(t, h, "moved")
		_, test := create(t, h, in)
		if err := os.RemoveAll(in.Config.Folder.Path); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink("/etc", in.Config.Folder.Path); err != nil {
			t.Fatal(err)
		}
		got := perform(t, h, h.Sources, test)
		if steps(got) != "!allowed ?exists ?readable ?count" || got.FailureKey != "folder.fail.outside" {
			t.Fatalf("%s %s: %s", got.State, got.FailureKey, steps(got))
		}
	})
}

func TestABucketIsTested(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fault drilltest.Fault
		key   string
		steps string
	}{
		"a good one":                  {nil, "", "-dns tcp -tls credentials bucket list read"},
		"keys that nobody knows":      {refuses(http.StatusForbidden, "InvalidAccessKeyId"), "bucket_keys", "-dns tcp -tls !credentials ?bucket ?list ?read"},
		"a clock that is off":         {refuses(http.StatusForbidden, "RequestTimeTooSkewed"), "bucket_clock", "-dns tcp -tls !credentials ?bucket ?list ?read"},
		"a bucket that is not there":  {refuses(http.StatusNotFound, "NoSuchBucket"), "bucket_gone", "-dns tcp -tls credentials !bucket ?list ?read"},
		"keys that may not list":      {refuses(http.StatusForbidden, "AccessDenied"), "bucket_denied", "-dns tcp -tls credentials bucket !list ?read"},
		"keys that may not read":      {reads(refuses(http.StatusForbidden, "AccessDenied")), "object_denied", "-dns tcp -tls credentials bucket list !read"},
		"a server in trouble is told": {refuses(http.StatusServiceUnavailable, "SlowDown"), "bucket_busy", "-dns tcp -tls credentials bucket !list ?read"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := drilltest.NewHouse(t)
			b := drilltest.NewBucket(t)
			b.Put(t, "in/object", "data")
			b.Disturb(tt.fault)
			got := tested(t, h, source.Input{Name: "bucket", Kind: source.S3, Config: source.Config{Bucket: b.Source("in/")}, Secret: "x"})
			if steps(got) != tt.steps || strings.TrimPrefix(got.FailureKey, "source.fail.") != tt.key || !got.State.Final() {
				t.Fatalf("%s %s: %s", got.State, got.FailureKey, steps(got))
			}
		})
	}
	t.Run("an empty one is fine", func(t *testing.T) {
		t.Parallel()
		h := drilltest.NewHouse(t)
		got := tested(t, h, source.Input{Name: "bucket", Kind: source.S3, Config: source.Config{Bucket: drilltest.NewBucket(t).Source("in/")}, Secret: "x"})
		if steps(got) != "-dns tcp -tls credentials bucket list -read" || got.State != task.Succeeded {
			t.Fatalf("%s: %s", got.State, steps(got))
		}
	})
}

func refuses(status int, code string) drilltest.Fault {
	return func(w http.ResponseWriter, _ *http.Request) bool { drilltest.Refuse(w, status, code); return true }
}

// reads spoils only what is read of objects.
func reads(then drilltest.Fault) drilltest.Fault {
	return func(w http.ResponseWriter, r *http.Request) bool {
		return strings.Contains(r.URL.Path, "/in/") && then(w, r)
	}
}

// TestAForbiddenAddressIsNeverDialed is S2 for sources: what the operator does
// not allow is refused before the first packet, in tests and in work.
func TestAForbiddenAddressIsNeverDialed(t *testing.T) {
	t.Parallel()
	h := drilltest.NewHouse(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var connections atomic.Int64
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			conn.Close()
		}
	}()
	t.Cleanup(func() { listener.Close() })
	guarded := h.Options
	guarded.Dial = dial.Guard{Policy: dial.Public}
	public := source.New(h.DB, h.Queue, h.Clock, h.Box, h.Runner, guarded)
	port := listener.Addr().(*net.TCPAddr).Port
	for _, host := range []string{"127.0.0.1", "localhost", "::1", "::ffff:127.0.0.1", "0.0.0.0"} {
		t.Run(host, func(t *testing.T) {
			address := net.JoinHostPort(host, listener.Addr().String()[strings.LastIndex(listener.Addr().String(), ":")+1:])
			b := drilltest.NewBucket(t).Source("")
			b.Endpoint = "https://" + address
			for _, in := range []source.Input{
				{Name: "bucket " + host, Kind: source.S3, Config: source.Config{Bucket: b}, Secret: "x"},
				{Name: "database " + host, Kind: source.Postgres, Secret: "x", Config: source.Config{Postgres: &postgres.Config{Host: host, Port: port, User: "u", TLS: postgres.TLSDisable}}},
			} {
				_, test := create(t, h, in)
				got := perform(t, h, public, test)
				if got.State != task.Failed || got.FailureKey != "dial.fail.refused" {
					t.Errorf("%s: %s %s, %s", in.Name, got.State, got.FailureKey, steps(got))
				}
			}
		})
	}
	if n := connections.Load(); n != 0 {
		t.Errorf("%d connections arrived", n)
	}
}
