package source

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"levqor/jobs/fail"
	"levqor/jobs/source/tree"
	"levqor/jobs/vault/kopia"
)

const (
	// wholeBytes: up to here a proof always restores everything, so that the time
	// to restore is measured and not estimated.
	wholeBytes = 1 << 30
	// sampleFiles of those unchanged since the snapshot before, which earlier
	// proofs have seen; what changed is always restored.
	sampleFiles = 200
	// batchFiles and batchBytes bound what lies in scratch space at once when a
	// snapshot does not fit there as a whole.
	batchFiles = 256
	batchBytes = 512 << 20

	undoTime = time.Minute
)

// Prove restores the snapshot, or of a large one every changed file and a sample
// of the others, reads the files back from scratch space and compares them with
// the list that was made while the source was read. took is that of the whole
// snapshot; for a sample it is estimated from what was restored.
func (e files) Prove(ctx context.Context, from Stored, scratch Scratch, _ []Assertion, _ time.Time, p *Meter, log Log) (found Proven, err error) {
	if from.Truth.Tree == nil {
		return found, errTarget()
	}
	v := &proof{from: from, dir: filepath.Join(scratch.Dir, "files"), meter: p}
	if err := v.read(ctx); err != nil {
		return found, err
	}
	p.expect(from.Truth, nil)
	whole := v.truth.Bytes <= wholeBytes || scratch.Full
	long := v.takeLong()
	if whole && len(long) == 0 && fits(scratch.Dir, v.truth.Bytes) {
		err = v.whole(ctx)
	} else {
		err = v.some(ctx, whole)
	}
	if err == nil {
		err = v.stream(ctx, choose(long, whole))
	}
	found.Took = v.took
	if err != nil {
		return found, err
	}
	found.Took = v.estimate()
	if err := log(ctx, "source.log.restored_files", "seconds", int(v.took.Round(time.Second).Seconds()), "files", v.found.Compared, "total", v.truth.Files); err != nil {
		return found, err
	}
	more, err := v.summary(ctx)
	found.Checks = append(v.checks(), more...)
	return found, err
}

// proof is one under way.
type proof struct {
	from   Stored
	dir    string
	meter  *Meter
	truth  tree.Truth
	digest string
	lines  []tree.File
	found  tree.Found
	took   time.Duration
}

// read loads the list out of the snapshot.
func (v *proof) read(ctx context.Context) error {
	v.truth = *v.from.Truth.Tree
	list, err := v.from.open(ctx, tree.ListName)
	if fail.Is(err, fail.NotFound) {
		return fail.Work(err, fail.ClassDamaged, "source.fail.no_list")
	}
	if err != nil {
		return err
	}
	defer list.Close()
	v.digest, err = tree.Read(list, func(f tree.File) error {
		v.lines = append(v.lines, f)
		return nil
	})
	return err
}

func (v *proof) restore(ctx context.Context, paths []string) error {
	start := time.Now()
	_, err := v.from.Repo.RestoreTo(ctx, v.from.Manifest, v.dir, kopia.RestoreOptions{Paths: paths}, &v.meter.Vault)
	v.took += time.Since(start)
	return err
}

// takeLong takes the files out of the list whose names no disk holds, as keys of
// buckets may be.
func (v *proof) takeLong() (long []tree.File) {
	short := v.lines[:0:0]
	for _, f := range v.lines {
		if tree.FitsDisk(kopia.DiskPath(f.Path), len(v.dir)) {
			short = append(short, f)
		} else {
			long = append(long, f)
		}
	}
	v.lines = short
	return long
}

// stream restores files without a place on the disk: their bytes are what counts.
func (v *proof) stream(ctx context.Context, files []tree.File) error {
	start := time.Now()
	defer func() { v.took += time.Since(start) }()
	return v.found.Stream(ctx, func(path string) (io.ReadCloser, error) {
		file, _, err := v.from.Repo.OpenFile(ctx, v.from.Manifest, path)
		return file, err
	}, files)
}

func (v *proof) whole(ctx context.Context) error {
	if err := v.restore(ctx, nil); err != nil {
		return err
	}
	return v.found.Compare(ctx, v.dir, v.lines)
}

// some restores batch by batch and clears scratch space in between.
func (v *proof) some(ctx context.Context, all bool) error {
	chosen := choose(v.lines, all)
	for len(chosen) > 0 {
		n, bytes := 0, int64(0)
		var paths []string
		for n < len(chosen) && n < batchFiles && (n == 0 || bytes+chosen[n].Size <= batchBytes) {
			bytes += chosen[n].Size
			paths = append(paths, chosen[n].Path)
			n++
		}
		if err := v.restore(ctx, paths); err != nil {
			return err
		}
		if err := v.found.Compare(ctx, v.dir, chosen[:n]); err != nil {
			return err
		}
		if err := os.RemoveAll(v.dir); err != nil {
			return err
		}
		chosen = chosen[n:]
	}
	return nil
}

// choose is every changed file and a sample of the others, in the list's order.
func choose(lines []tree.File, all bool) (chosen []tree.File) {
	unchanged := 0
	for _, f := range lines {
		if f.Type == tree.TypeFile && !f.New {
			unchanged++
		}
	}
	for _, f := range lines {
		if f.Type == tree.TypeFile && (all || f.New || rand.N(unchanged) < sampleFiles) {
			chosen = append(chosen, f)
		}
	}
	return chosen
}

// fits leaves half of the disk's free space to others.
func fits(dir string, bytes int64) bool {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(dir, &disk); err != nil {
		return false
	}
	return bytes <= int64(disk.Bavail)*disk.Bsize/2
}

func (v *proof) estimate() time.Duration {
	if v.found.Bytes == 0 || v.found.Bytes >= v.truth.Bytes {
		return v.took
	}
	return time.Duration(float64(v.took) * float64(v.truth.Bytes) / float64(v.found.Bytes))
}

func (v *proof) checks() []Check {
	list := Check{Group: GroupFiles, Name: "list", Recorded: v.truth.Digest, Restored: v.digest, Total: 1, OK: v.digest == v.truth.Digest}
	if list.OK {
		list.Good = 1
	}
	content := Check{Group: GroupHash, Name: "content", Recorded: strconv.Itoa(v.found.Compared), Restored: strconv.Itoa(v.found.Same),
		Total: max(1, v.found.Compared), Good: v.found.Same, OK: v.found.Same == v.found.Compared, Detail: strings.Join(v.found.Different, ", ")}
	if v.found.Compared == 0 {
		content.Good = 1 // an empty source is rightly empty
	}
	if unhashed := v.found.Compared - v.found.Hashed; content.OK && unhashed > 0 {
		content.Detail = fmt.Sprintf("%d by size, their backup was interrupted", unhashed)
	}
	return []Check{list, content}
}

// summary compares the numbers of the snapshot itself with those recorded.
func (v *proof) summary(ctx context.Context) ([]Check, error) {
	root, err := v.from.Repo.Stat(ctx, v.from.Manifest, ".")
	if err != nil {
		return nil, err
	}
	list, err := v.from.Repo.Stat(ctx, v.from.Manifest, tree.ListName)
	if err != nil {
		return nil, err
	}
	return []Check{
		counted("files", v.truth.Files, root.Files-1),
		counted("bytes", v.truth.Bytes, root.Size-list.Size),
	}, nil
}

func counted(name string, recorded, restored int64) Check {
	c := Check{Group: GroupFiles, Name: name, Recorded: strconv.FormatInt(recorded, 10), Restored: strconv.FormatInt(restored, 10), Total: 1, OK: recorded == restored}
	if c.OK {
		c.Good = 1
	}
	return c
}
