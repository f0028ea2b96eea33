package kopia

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"levqor/jobs/fail"
)

type thing struct {
	key, body string
	size      int // of the listing; the body's when 0
}

func bucketOf(opened *atomic.Int64, objects ...thing) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		for _, o := range objects {
			it := Item{Key: o.key, Size: int64(len(o.body)), Modified: noon, Open: func(context.Context) (io.ReadCloser, error) {
				opened.Add(1)
				return io.NopCloser(strings.NewReader(o.body)), nil
			}}
			if o.size != 0 {
				it.Size = int64(o.size)
			}
			if !yield(it, nil) {
				return
			}
		}
	}
}

func itemsOf(seq iter.Seq2[Item, error]) func(context.Context, *Writer) error {
	return func(ctx context.Context, w *Writer) error { return w.Items(ctx, "objects", seq) }
}

func TestObjectsOfABucket(t *testing.T) {
	t.Parallel()
	here := func(t *testing.T) *Repository {
		return vault(t, Location{Kind: Filesystem, Path: filepath.Join(t.TempDir(), "v")}, Options{})
	}
	odd := []thing{
		{key: "a", body: "1"}, {key: "a/b", body: "2"}, {key: "a//c", body: "3"}, {key: "a/", body: ""},
		{key: "/lead", body: "4"}, {key: "x/../y", body: "5"}, {key: "x/./y", body: "6"}, {key: "100%/%d", body: "7"},
		{key: "a%s", body: "8"}, {key: "zażółć/日本", body: "9"}, {key: "..", body: "10"},
	}
	t.Run("every key comes back", func(t *testing.T) {
		t.Parallel()
		r, opened := here(t), new(atomic.Int64)
		res := write(t, r, itemsOf(bucketOf(opened, odd...)))
		got := map[string]string{}
		err := r.Walk(t.Context(), res.ManifestID, "objects", func(e Entry) error {
			if e.Dir {
				return nil
			}
			f, _, err := r.OpenFile(t.Context(), res.ManifestID, e.Path)
			if err != nil {
				return err
			}
			defer f.Close()
			body, err := io.ReadAll(f)
			got[KeyOf(strings.TrimPrefix(e.Path, "objects/"))] = string(body)
			return err
		})
		if err != nil || len(got) != len(odd) {
			t.Fatalf("%d of %d keys: %v %v", len(got), len(odd), got, err)
		}
		for _, o := range odd {
			if body, ok := got[o.key]; !ok || body != o.body {
				t.Errorf("%q holds %q (%v)", o.key, body, ok)
			}
		}
	})
	t.Run("unchanged ones are not opened", func(t *testing.T) {
		t.Parallel()
		r, opened := here(t), new(atomic.Int64)
		write(t, r, itemsOf(bucketOf(opened, odd...)))
		again := new(atomic.Int64)
		res := write(t, r, itemsOf(bucketOf(again, append(odd, thing{key: "zz", body: "new"})...)))
		if again.Load() != 1 || res.Unchanged != int64(len(odd)) {
			t.Fatalf("opened %d, %+v", again.Load(), res)
		}
	})
	for name, size := range map[string]int{"a body that ends early": 9, "a body that is too long": 2} {
		t.Run(name+" is a failure", func(t *testing.T) {
			t.Parallel()
			r, opened := here(t), new(atomic.Int64)
			_, err := r.Write(t.Context(), Snapshot{Source: "s", Start: time.Now()}, nil,
				itemsOf(bucketOf(opened, thing{key: "ok", body: "fine"}, thing{key: "bad", body: "12345", size: size})))
			failed(t, err, fail.ClassTransient, "length")
			if complete(t, r) != 0 {
				t.Fatal("a snapshot was left")
			}
		})
	}
	t.Run("a listing that breaks off is a failure", func(t *testing.T) {
		t.Parallel()
		r, broke := here(t), errors.New("listing broke off")
		_, err := r.Write(t.Context(), Snapshot{Source: "s", Start: noon}, nil, itemsOf(func(yield func(Item, error) bool) {
			open := func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(nil)), nil }
			_ = yield(Item{Key: "a", Modified: noon, Open: open}, nil) && yield(Item{}, broke)
		}))
		if !errors.Is(err, broke) || complete(t, r) != 0 {
			t.Fatal(err)
		}
	})
}
