package kopia

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/kopia/kopia/repo/blob"

	"levqor/jobs/fail"
)

var noon = time.Date(2026, 3, 29, 12, 0, 0, 123456789, time.UTC)

// key is a vault's key for tests: 32 bytes that are the same in each process.
func key(name string) []byte {
	sum := sha256.Sum256([]byte(name))
	return sum[:]
}

// everywhere runs a promise on each kind of place.
func everywhere(t *testing.T, promise func(t *testing.T, loc Location)) {
	t.Helper()
	t.Run("filesystem", func(t *testing.T) {
		t.Parallel()
		promise(t, Location{Kind: Filesystem, Path: filepath.Join(t.TempDir(), "vault")})
	})
	t.Run("s3", func(t *testing.T) {
		t.Parallel()
		promise(t, fakeS3(t))
	})
}

func fakeS3(t *testing.T) Location {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket("copies"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gofakes3.New(backend, gofakes3.WithLogger(gofakes3.DiscardLog())).Server())
	t.Cleanup(server.Close)
	return Location{
		Kind: S3, Endpoint: server.URL, Bucket: "copies", Prefix: "a/vault", Region: "eu-central-1",
		AccessKey: "AKIATEST", SecretKey: "secret", Insecure: true,
	}
}

// fresh is the blobs of an empty vault. Making one takes a second of deriving
// keys, so tests that are not about that copy it.
var fresh = sync.OnceValues(func() (map[blob.ID][]byte, error) {
	dir, err := os.MkdirTemp("", "levqor-fresh-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	ctx, loc := context.Background(), Location{Kind: Filesystem, Path: filepath.Join(dir, "v")}
	if err := Create(ctx, loc, key("vault")); err != nil {
		return nil, err
	}
	st, err := loc.storage(ctx, false)
	if err != nil {
		return nil, err
	}
	blobs := map[blob.ID][]byte{}
	err = st.ListBlobs(ctx, "", func(b blob.Metadata) error {
		data := raw{&bytes.Buffer{}}
		err := st.GetBlob(ctx, b.BlobID, 0, -1, data)
		blobs[b.BlobID] = data.Bytes()
		return err
	})
	return blobs, err
})

// rounds is how often a test does its worst: so often, or as `make chaos` wants.
func rounds(short, chaos int) int {
	if os.Getenv("LEVQOR_CHAOS") != "" {
		return chaos
	}
	return short
}

// vault makes and opens an empty vault; t closes it.
func vault(t *testing.T, loc Location, opt Options) *Repository {
	t.Helper()
	blobs, err := fresh()
	if err != nil {
		t.Fatal(err)
	}
	st, err := loc.storage(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	for id, data := range blobs {
		if err := st.PutBlob(t.Context(), id, raw{bytes.NewBuffer(data)}, blob.PutOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := st.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	return reopen(t, loc, opt)
}

func reopen(t *testing.T, loc Location, opt Options) *Repository {
	t.Helper()
	r, err := Open(t.Context(), loc, key("vault"), opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return r
}

func write(t *testing.T, r *Repository, fn func(context.Context, *Writer) error) Result {
	t.Helper()
	res, err := r.Write(t.Context(), Snapshot{Source: "src-1", Description: "test", Start: time.Now()}, nil, fn)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func folderOf(dir string) func(context.Context, *Writer) error {
	return func(ctx context.Context, w *Writer) error { return w.Folder(ctx, "", dir, FolderOptions{}) }
}

// noise is data that neither compresses nor repeats, the same for the same seed.
func noise(seed uint64, n int64) io.Reader {
	return io.LimitReader(rand.NewChaCha8(sha256.Sum256([]byte(fmt.Sprint(seed)))), n)
}

func noiseBytes(seed uint64, n int64) []byte {
	b, _ := io.ReadAll(noise(seed, n))
	return b
}

func put(t *testing.T, dir, name string, data []byte) {
	t.Helper()
	full := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(full, data, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(full, noon, noon); err != nil {
		t.Fatal(err)
	}
}

// picture describes a tree on disk byte for byte: names, types, modes, times of
// files, targets of links.
func picture(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || p == dir {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(dir, p)
		fmt.Fprintf(&b, "%q %v", rel, info.Mode())
		switch {
		case info.Mode()&fs.ModeSymlink != 0:
			target, err := os.Readlink(p)
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, " -> %q", target)
		case info.Mode().IsRegular():
			data, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, " %d %x %v", len(data), sha256.Sum256(data), info.ModTime().UnixNano())
		}
		b.WriteByte('\n')
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func same(t *testing.T, want, got string) {
	t.Helper()
	if want != got {
		t.Fatalf("the trees differ\nwant\n%s\ngot\n%s", want, got)
	}
}

func failed(t *testing.T, err error, class fail.Class, name string) {
	t.Helper()
	e, ok := errors.AsType[*fail.Error](err)
	if !ok || e.Class != class || e.Key != "vault.fail."+name {
		t.Fatalf("got %v, want class %s and vault.fail.%s", err, class, name)
	}
}

func complete(t *testing.T, r *Repository) (n int) {
	t.Helper()
	kept, err := r.Snapshots(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range kept {
		if k.Complete {
			n++
		}
	}
	return n
}

type breaking struct {
	data  io.Reader
	cause error
}

func (b breaking) Read(p []byte) (int, error) {
	n, err := b.data.Read(p)
	if err == io.EOF {
		err = b.cause
	}
	return n, err
}

func equal(t *testing.T, want, got []byte) {
	t.Helper()
	if !bytes.Equal(want, got) {
		t.Fatalf("%d bytes differ from the %d stored", len(got), len(want))
	}
}
