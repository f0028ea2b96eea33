package kopia

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const (
	victimEnv   = "LEVQOR_TEST_KILLED_VAULT"
	victimItems = 60
	victimBytes = 256 << 10
)

func TestMain(m *testing.M) {
	if path := os.Getenv(victimEnv); path != "" {
		victim(path)
		return
	}
	os.Exit(m.Run())
}

// victim backs up until it is killed, telling each object that it reads.
func victim(path string) {
	ctx := context.Background()
	r, err := Open(ctx, Location{Kind: Filesystem, Path: path}, key("vault"), Options{checkpoint: 5 * time.Millisecond})
	if err == nil {
		_, err = r.Write(ctx, Snapshot{Source: "victim", Start: time.Now()}, nil, func(ctx context.Context, w *Writer) error {
			if err := w.Items(ctx, "", victimSource(func(i int) { fmt.Println("read", i) })); err != nil {
				return err
			}
			fmt.Println("all")
			<-ctx.Done() // never finishes by itself
			return ctx.Err()
		})
	}
	fmt.Println("ended", err)
	os.Exit(3)
}

func victimSource(tell func(i int)) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		for i := range victimItems {
			open := func(context.Context) (io.ReadCloser, error) {
				tell(i)
				return io.NopCloser(noise(uint64(i), victimBytes)), nil
			}
			if !yield(Item{Key: fmt.Sprintf("dir/%03d", i), Size: victimBytes, Modified: noon, Open: open}, nil) {
				return
			}
		}
	}
}

// TestAKilledWriter is R4 in short: killed at random moments, the vault is never
// damaged, never lists what can't be restored, and the next try goes on.
func TestAKilledWriter(t *testing.T) {
	t.Parallel()
	loc := Location{Kind: Filesystem, Path: filepath.Join(t.TempDir(), "v")}
	r := vault(t, loc, Options{})
	sound, err := r.Write(t.Context(), Snapshot{Source: "before", Start: noon}, nil, func(ctx context.Context, w *Writer) error {
		_, err := w.Stream(ctx, "dump", noon, noise(77, 3<<20))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	reads := 0
	kills := rounds(4, 100)
	for i := range kills {
		n := 1 + rand.IntN(victimItems)
		if i == kills-1 {
			n = victimItems // so that one has come to a checkpoint
		}
		reads += kill(t, loc.Path, n)
		r = reopen(t, loc, Options{})
		if n := complete(t, r); n != 1 {
			t.Fatalf("%d complete snapshots after a kill", n)
		}
		damage, err := r.VerifySnapshot(t.Context(), sound.ManifestID, 100, nil)
		if err != nil || len(damage) > 0 {
			t.Fatal(damage, err)
		}
	}
	m := &Meter{}
	var last atomic.Int64
	res, err := r.Write(t.Context(), Snapshot{Source: "victim", Start: time.Now()}, m, func(ctx context.Context, w *Writer) error {
		return w.Items(ctx, "", victimSource(func(int) { last.Add(1) }))
	})
	if err != nil || res.Files != victimItems || res.Bytes != victimItems*victimBytes {
		t.Fatalf("%+v %v", res, err)
	}
	if res.Unchanged == 0 || last.Load() == victimItems {
		t.Errorf("nothing of %d objects read by killed writers was taken over", reads)
	}
	t.Logf("killed %d times after %d reads; the last try took %d of %d over and stored %d bytes", kills, reads, res.Unchanged, victimItems, res.Stored)
	damage, err := r.VerifyContents(t.Context(), 100, nil)
	if err != nil || len(damage) > 0 {
		t.Fatal(damage, err)
	}
	kept, err := r.Snapshots(t.Context())
	if err != nil || len(kept) != 2 {
		t.Fatalf("checkpoints are left: %+v %v", kept, err)
	}
	if _, err := r.RestoreTo(t.Context(), res.ManifestID, t.TempDir(), RestoreOptions{}, nil); err != nil {
		t.Fatal(err)
	}
}

// kill starts a victim and kills it once it has read n objects, or all.
func kill(t *testing.T, path string, n int) (reads int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), victimEnv+"="+path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for reads < n && lines.Scan() && lines.Text() != "all" {
		if !strings.HasPrefix(lines.Text(), "read") {
			t.Fatal(lines.Text())
		}
		reads++
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return reads
}
