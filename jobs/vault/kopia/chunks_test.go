package kopia

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/iotest"
)

// cutsOf is where b is cut when it arrives in pieces of that size.
func cutsOf(b []byte, piece int) (lengths []int) {
	var chunk []byte
	for len(b) > 0 {
		seen := len(chunk)
		n := min(piece, len(b), mostChunk-seen)
		chunk, b = append(chunk, b[:n]...), b[n:]
		for at := cut(chunk, seen); at > 0; at = cut(chunk, 0) {
			lengths, chunk = append(lengths, at), slices.Clone(chunk[at:])
		}
	}
	return append(lengths, len(chunk))
}

func TestWhereFilesAreCut(t *testing.T) {
	t.Parallel()
	text := noiseBytes(7, 24<<20)
	cuts := cutsOf(text, mostChunk)

	t.Run("stays for ever, or old chunks are not found again", func(t *testing.T) {
		if got := fmt.Sprint(cuts[:6]); got != "[1091006 1264260 814444 812087 552289 525569]" {
			t.Fatal(got)
		}
	})
	t.Run("does not depend on the pieces that arrive", func(t *testing.T) {
		for _, piece := range []int{readBytes, 100_003, 4096} {
			if got := cutsOf(text, piece); !slices.Equal(got, cuts) {
				t.Errorf("in pieces of %d: %v instead of %v", piece, got, cuts)
			}
		}
	})
	t.Run("is within bounds and about every megabyte", func(t *testing.T) {
		for _, n := range cuts[:len(cuts)-1] {
			if n < leastChunk || n > mostChunk {
				t.Errorf("a chunk of %d bytes", n)
			}
		}
		if len(cuts) < 16 || len(cuts) > 36 {
			t.Errorf("%d chunks of %d MB", len(cuts), len(text)>>20)
		}
		if got := cutsOf(make([]byte, 5<<20), readBytes); !slices.Equal(got, []int{mostChunk, mostChunk, 1 << 20}) {
			t.Errorf("zeros are cut into %v", got)
		}
	})
	t.Run("moves only around a change", func(t *testing.T) {
		changed := slices.Concat(text[:9<<20], []byte("a line more"), text[9<<20:])
		again := cutsOf(changed, readBytes)
		same := 0
		for _, n := range again {
			if slices.Contains(cuts, n) {
				same++
			}
		}
		if same < len(cuts)-4 {
			t.Errorf("%d of %d chunks are the same", same, len(cuts))
		}
	})
}

func TestFilesOfEverySizeComeBack(t *testing.T) {
	t.Parallel()
	loc := Location{Kind: Filesystem, Path: t.TempDir()}
	r := vault(t, loc, Options{})
	sizes := []int{0, 1, cutWindow, leastChunk - 1, leastChunk, leastChunk + 1, mostChunk - 1, mostChunk, mostChunk + 1, 2 * mostChunk, 11 << 20}
	data := noiseBytes(3, 11<<20)
	res := write(t, r, func(ctx context.Context, w *Writer) error {
		for _, n := range sizes {
			for kind, from := range map[string]io.Reader{
				"noise": iotest.DataErrReader(bytes.NewReader(data[:n])),
				"zeros": iotest.HalfReader(bytes.NewReader(make([]byte, n))),
			} {
				if stored, err := w.Stream(ctx, fmt.Sprint(kind, n), noon, from); err != nil || stored.Size != int64(n) {
					return fmt.Errorf("%s of %d: %+v, %w", kind, n, stored, err)
				}
			}
		}
		return nil
	})
	dir := t.TempDir()
	if _, err := r.RestoreTo(t.Context(), res.ManifestID, dir, RestoreOptions{}, nil); err != nil {
		t.Fatal(err)
	}
	for _, n := range sizes {
		equal(t, data[:n], read(t, dir, fmt.Sprint("noise", n)))
		equal(t, make([]byte, n), read(t, dir, fmt.Sprint("zeros", n)))
	}
}

func read(t *testing.T, dir, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}
