package kopia

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/kopia/kopia/repo/blob"
	"github.com/minio/minio-go/v7"

	"levqor/jobs/fail"
)

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, loc Location) {
		if loc.Kind == Filesystem {
			_, err := Open(t.Context(), loc, key("vault"), Options{})
			failed(t, err, fail.ClassGone, "path_gone")
			if err := os.Mkdir(loc.Path, 0o700); err != nil {
				t.Fatal(err)
			}
		} else {
			other := loc
			other.Bucket = "elsewhere"
			_, err := Open(t.Context(), other, key("vault"), Options{})
			failed(t, err, fail.ClassGone, "bucket_gone")
			failed(t, Create(t.Context(), other, key("vault")), fail.ClassGone, "bucket_gone")
			failed(t, Probe(t.Context(), other), fail.ClassGone, "bucket_gone")
		}
		_, err := Open(t.Context(), loc, key("vault"), Options{})
		failed(t, err, fail.ClassGone, "not_a_vault")

		vault(t, loc, Options{})
		_, err = Open(t.Context(), loc, key("other"), Options{})
		failed(t, err, fail.ClassConfig, "another_key")

		if err := Create(t.Context(), loc, key("other")); !fail.Is(err, fail.Conflict) {
			t.Fatalf("a second vault in the same place: %v", err)
		}
		if err := Create(t.Context(), loc, key("vault")); err != nil {
			t.Fatalf("a set-up that is run again: %v", err)
		}
		if err := Probe(t.Context(), loc); err != nil {
			t.Fatal(err)
		}
		reopen(t, loc, Options{})
	})
}

func TestAnInterruptedSetUpIsRunAgain(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, loc Location) {
		vault(t, loc, Options{})
		st, err := loc.storage(t.Context(), false)
		if err != nil {
			t.Fatal(err)
		}
		if err := st.DeleteBlob(t.Context(), "kopia.repository"); err != nil {
			t.Fatal(err)
		}
		vault(t, loc, Options{})
	})
}

func TestAReadOnlyVaultTakesNothing(t *testing.T) {
	t.Parallel()
	loc := Location{Kind: Filesystem, Path: filepath.Join(t.TempDir(), "v")}
	vault(t, loc, Options{})
	r := reopen(t, loc, Options{ReadOnly: true})
	_, err := r.Write(t.Context(), Snapshot{Source: "s", Start: noon}, nil, func(ctx context.Context, w *Writer) error {
		_, err := w.Stream(ctx, "a", noon, strings.NewReader("a"))
		return err
	})
	if err == nil || complete(t, r) != 0 {
		t.Fatal("a read-only vault was written to")
	}
}

func TestOneWriteAtATime(t *testing.T) {
	t.Parallel()
	r := vault(t, Location{Kind: Filesystem, Path: filepath.Join(t.TempDir(), "v")}, Options{})
	write(t, r, func(ctx context.Context, _ *Writer) error {
		_, err := r.Write(ctx, Snapshot{Source: "t", Start: noon}, nil, folderOf(t.TempDir()))
		if !fail.Is(err, fail.Conflict) {
			t.Errorf("a second write: %v", err)
		}
		return nil
	})
}

func TestSettingsThatCanNeverWork(t *testing.T) {
	t.Parallel()
	s3 := Location{Kind: S3, Bucket: "b", AccessKey: "a", SecretKey: "s", Endpoint: "s3.example.com"}
	for name, c := range map[string]struct {
		loc  Location
		want string
	}{
		"a relative folder":           {Location{Kind: Filesystem, Path: "vault"}, "path"},
		"no kind":                     {Location{Path: "/vault"}, "kind"},
		"no keys, not the machine's":  {Location{Kind: S3, Bucket: "b", Endpoint: "s3.example.com"}, "bucket_settings"},
		"plain http by accident":      {Location{Kind: S3, Bucket: "b", AccessKey: "a", SecretKey: "s", Endpoint: "http://s3.example.com"}, "insecure"},
		"an endpoint that has a path": {Location{Kind: S3, Bucket: "b", AccessKey: "a", SecretKey: "s", Endpoint: "https://s3.example.com/x"}, "endpoint"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			failed(t, Probe(t.Context(), c.loc), fail.ClassConfig, c.want)
			_, err := Open(t.Context(), c.loc, key("vault"), Options{})
			failed(t, err, fail.ClassConfig, c.want)
		})
	}
	b, err := newBucket(s3)
	if err != nil || b.core.EndpointURL().Scheme != "https" {
		t.Fatalf("TLS is not the default: %v %v", b.core.EndpointURL(), err)
	}
}

func TestWhatABucketAnswers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		code   string
		class  fail.Class
		want   string
	}{
		"an unknown access key": {403, "InvalidAccessKeyId", fail.ClassCredentials, "refused"},
		"a wrong secret key":    {403, "SignatureDoesNotMatch", fail.ClassCredentials, "refused"},
		"a key without rights":  {403, "AccessDenied", fail.ClassCredentials, "denied"},
		"a full bucket":         {403, "QuotaExceeded", fail.ClassQuota, "full"},
		"a full server":         {507, "XMinioStorageFull", fail.ClassQuota, "full"},
		"no bucket":             {404, "NoSuchBucket", fail.ClassGone, "bucket_gone"},
		"a clock that is off":   {403, "RequestTimeTooSkewed", fail.ClassConfig, "clock"},
		"a server in trouble":   {503, "SlowDown", fail.ClassTransient, "unreachable"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				w.WriteHeader(c.status)
				fmt.Fprintf(w, `<?xml version="1.0"?><Error><Code>%s</Code><Message>no</Message></Error>`, c.code)
			}))
			defer server.Close()
			failed(t, Probe(t.Context(), Location{
				Kind: S3, Endpoint: server.URL, Bucket: "copies", Region: "r", AccessKey: "a", SecretKey: "s", Insecure: true,
			}), c.class, c.want)
		})
	}
}

func TestWhatTheNetworkDoes(t *testing.T) {
	t.Parallel()
	loc := func(endpoint string, insecure bool) Location {
		return Location{Kind: S3, Endpoint: endpoint, Bucket: "copies", Region: "r", AccessKey: "a", SecretKey: "s", Insecure: insecure}
	}
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	failed(t, Probe(t.Context(), loc(strings.TrimPrefix(plain.URL, "http://"), false)), fail.ClassConfig, "not_tls")
	tls := httptest.NewUnstartedServer(http.NotFoundHandler())
	tls.Config.ErrorLog = nil
	tls.StartTLS()
	defer tls.Close()
	failed(t, Probe(t.Context(), loc(tls.URL, false)), fail.ClassConfig, "certificate")
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	failed(t, Probe(t.Context(), loc(closed.URL, true)), fail.ClassTransient, "unreachable")

	guarded := loc(plain.URL, true)
	guarded.Dial = func(context.Context, string, string) (net.Conn, error) {
		return nil, fail.New(fail.Forbidden, "net.fail.address")
	}
	if err := Probe(t.Context(), guarded); !fail.Is(err, fail.Forbidden) {
		t.Fatalf("a guarded dial: %v", err)
	}
}

func TestFailureClasses(t *testing.T) {
	t.Parallel()
	on := func(err error) error { return &os.PathError{Op: "open", Path: "/v", Err: err} }
	for name, c := range map[string]struct {
		err   error
		class fail.Class
		want  string
	}{
		"a full disk":             {&inVault{on(syscall.ENOSPC)}, fail.ClassQuota, "disk_full"},
		"a used-up quota":         {&inVault{on(syscall.EDQUOT)}, fail.ClassQuota, "disk_full"},
		"no permission":           {on(syscall.EACCES), fail.ClassCredentials, "denied"},
		"a read-only disk":        {on(syscall.EROFS), fail.ClassCredentials, "denied"},
		"an unmounted disk":       {on(syscall.ENOENT), fail.ClassGone, "path_gone"},
		"a failing disk":          {on(syscall.EIO), fail.ClassTransient, "disk"},
		"a lost blob":             {blob.ErrBlobNotFound, fail.ClassDamaged, "damaged"},
		"a short blob":            {blob.ErrInvalidRange, fail.ClassDamaged, "damaged"},
		"a bucket that is away":   {minio.ErrorResponse{StatusCode: 500}, fail.ClassTransient, "unreachable"},
		"a time-out":              {context.DeadlineExceeded, fail.ClassTransient, "unreachable"},
		"a self-made certificate": {x509.UnknownAuthorityError{}, fail.ClassConfig, "certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			failed(t, failure(fmt.Errorf("deep: %w", c.err)), c.class, c.want)
		})
	}
	temp := failure(fmt.Errorf("deep: %w", &os.PathError{Op: "write", Path: filepath.Join(os.TempDir(), "x"), Err: syscall.ENOSPC}))
	if f, ok := errors.AsType[*fail.Error](temp); !ok || f.Key != "task.fail.disk_full" || f.Class != fail.ClassQuota || f.Args["place"] != filepath.Clean(os.TempDir()) {
		t.Errorf("a full folder for temporary files: %v", temp)
	}
	if err := failure(context.Canceled); !errors.Is(err, context.Canceled) || fail.ClassOf(err) != fail.ClassInternal {
		t.Error(err)
	}
}
