package tree

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"math"
	"sync"
	"time"

	"levqor/jobs/fail"
	"levqor/jobs/vault/kopia"
)

// Recorder makes the list of a backup while its files go by. It carries the
// hashes of unchanged files over from the list of the snapshot before.
type Recorder struct {
	mu      sync.Mutex
	before  map[string]File
	follows bool              // there was a list before
	lost    bool              // there was one, and it can't be read
	etags   map[string]string // of a bucket's listing, by path
	objects map[string]stored // of objects that were read, by path
	files   []File
	inodes  map[inode][]int // files of several names, as places in files
	Leftovers
}

// stored is what an object came with.
type stored struct {
	content string
	object  *Object
}

// Record follows what is stored through w from now on. A list before that can't
// be read is none: then every hash is made anew.
func Record(ctx context.Context, w *kopia.Writer) (*Recorder, error) {
	r := &Recorder{before: map[string]File{}, etags: map[string]string{}, objects: map[string]stored{}, inodes: map[inode][]int{}}
	list, err := w.Earlier(ctx, ListName)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case fail.ClassOf(err) == fail.ClassDamaged:
		r.lost = true
	case err != nil:
		return nil, err
	default:
		_, err := Read(list, func(f File) error {
			if f.Type == TypeFile {
				r.before[f.Path] = f
			}
			return nil
		})
		if r.follows = err == nil; !r.follows {
			r.before, r.lost = map[string]File{}, true
		}
		if err := list.Close(); err != nil {
			return nil, err
		}
	}
	w.Observe(kopia.Observer{Known: r.known, Entered: r.entered})
	return r, nil
}

// Expect notes the version of an object that the listing told.
func (r *Recorder) Expect(path, etag string) {
	r.mu.Lock()
	r.etags[path] = etag
	r.mu.Unlock()
}

// Describe notes what an object came with, when it is read.
func (r *Recorder) Describe(path, content string, o *Object) {
	r.mu.Lock()
	r.objects[path] = stored{content, o}
	r.mu.Unlock()
}

// known has a file read again whose hash the list before lacks, or whose object
// has another version in spite of the same size and time, or was recorded without
// its headers. One that the list does not hold comes from an interrupted backup: it is taken over without a hash.
func (r *Recorder) known(path string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	old, listed := r.before[path]
	if !listed {
		return !r.lost
	}
	return old.Hash != "" && old.ETag == r.etags[path] && (old.ETag == "" || old.Object != nil || old.Content != "")
}

// earliest and latest are what an int64 of nanoseconds can tell.
var earliest, latest = time.Unix(0, math.MinInt64), time.Unix(0, math.MaxInt64)

func (r *Recorder) entered(e kopia.Entered) {
	f := File{Path: e.Path, Size: e.Size, Modified: e.Modified.UnixNano()}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case e.Type.IsDir():
		f.Type, f.Size = TypeDir, 0
	case e.Type&fs.ModeSymlink != 0:
		f.Type = TypeLink
	case !e.Type.IsRegular():
		if f.Type, f.Special = special(e.Disk); f.Special == nil {
			r.Leave(NoteSocket, e.Path)
			return
		}
		f.Size = 0
	case e.Hash != nil:
		f.Hash, f.New = hex.EncodeToString(e.Hash), true
	default:
		if old := r.before[e.Path]; old.Size == f.Size && old.Modified == f.Modified {
			f.Hash = old.Hash
		}
	}
	f.ETag, f.Attrs = r.etags[e.Path], e.Attrs
	if o, read := r.objects[e.Path]; read {
		f.Content, f.Object = o.content, o.object
		delete(r.objects, e.Path)
	} else if old := r.before[e.Path]; f.ETag != "" && old.ETag == f.ETag {
		f.Content, f.Object = old.Content, old.Object
	}
	if e.Disk != nil && (e.Disk.ModTime().Before(earliest) || e.Disk.ModTime().After(latest)) {
		f.Far = e.Disk.ModTime().Unix()
	}
	for _, attr := range e.Unread {
		r.Leave(NoteAttribute, e.Path+": "+attr)
	}
	if id, several := inodeOf(e.Disk); several && f.Type != TypeDir {
		r.inodes[id] = append(r.inodes[id], len(r.files))
	}
	r.files = append(r.files, f)
}

// link gives each further name of a file the path of its first.
func (r *Recorder) link() {
	for _, places := range r.inodes {
		first := places[0]
		for _, i := range places {
			if r.files[i].Path < r.files[first].Path {
				first = i
			}
		}
		for _, i := range places {
			if i != first {
				r.files[i].Link = r.files[first].Path
			}
		}
	}
}

// Finish stores the list as the snapshot's last object.
func (r *Recorder) Finish(ctx context.Context, w *kopia.Writer, now time.Time) (Truth, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.link()
	out, in := io.Pipe()
	type result struct {
		truth Truth
		err   error
	}
	written := make(chan result, 1)
	go func() {
		truth, err := Write(in, r.files)
		in.CloseWithError(err)
		written <- result{truth, err}
	}()
	_, err := w.Stream(ctx, ListName, now, out)
	out.CloseWithError(io.ErrClosedPipe)
	done := <-written
	if err != nil {
		return Truth{}, err
	}
	done.truth.Since = r.since()
	return done.truth, done.err
}

// since counts what is new since the list before; nil without one.
func (r *Recorder) since() *Since {
	if !r.follows {
		return nil
	}
	since := &Since{}
	for _, f := range r.files {
		if f.Type != TypeFile {
			continue
		}
		old, listed := r.before[f.Path]
		if !listed {
			since.Add(Added, f)
			continue
		}
		since.Add(compare(old, f), f)
		delete(r.before, f.Path)
	}
	for _, gone := range r.before {
		since.Add(Removed, gone)
	}
	return since
}
