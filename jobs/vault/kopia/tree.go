package kopia

import (
	"context"
	"encoding/json"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	kfs "github.com/kopia/kopia/fs"
	"github.com/kopia/kopia/repo"
	"github.com/kopia/kopia/repo/compression"
	"github.com/kopia/kopia/repo/object"
	"github.com/kopia/kopia/snapshot"
	"github.com/kopia/kopia/snapshot/snapshotfs"
)

const fastest compression.Name = "zstd-fastest"

// node is a directory of the snapshot being written. It stays live until its
// last entry is in; a checkpoint writes what the live ones hold so far.
type node struct {
	path   string
	self   snapshot.DirEntry // name, mode and times; no object yet
	before []map[string]*snapshot.DirEntry
	looked sync.Once // for before, by whoever comes first

	mu    sync.Mutex
	built snapshotfs.DirManifestBuilder
	live  map[string]*node
	names map[string]struct{}
}

func newNode(dir string, modified time.Time) *node {
	return &node{
		path:  dir,
		live:  map[string]*node{},
		names: map[string]struct{}{},
		self: snapshot.DirEntry{
			Name:        path.Base(dir),
			Type:        snapshot.EntryTypeDirectory,
			Permissions: 0o755,
			ModTime:     kfs.UTCTimestampFromTime(modified),
		},
	}
}

// reserve takes a name; false when it is taken.
func (n *node) reserve(name string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, taken := n.names[name]; taken {
		return false
	}
	n.names[name] = struct{}{}
	return true
}

// add enters a file, a link or a finished directory under its reserved name.
func (n *node) add(e *snapshot.DirEntry) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.live, e.Name)
	n.built.AddEntry(e)
}

// child returns the live directory of that name, or makes it; nil when the name
// is taken by something that is no directory, or by a finished one.
func (n *node) child(name string, modified time.Time) (c *node, made bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if c, ok := n.live[name]; ok {
		return c, false
	}
	if _, taken := n.names[name]; taken {
		return nil, false
	}
	n.names[name] = struct{}{}
	c = newNode(path.Join(n.path, name), modified)
	n.live[name] = c
	return c, true
}

// write stores the directory as it is now, with its live ones below.
func (n *node) write(ctx context.Context, to *Writer, incomplete string) (*snapshot.DirEntry, error) {
	n.mu.Lock()
	built := n.built.Clone()
	live := make([]*node, 0, len(n.live))
	for _, c := range n.live {
		live = append(live, c)
	}
	n.mu.Unlock()
	for _, c := range live {
		e, err := c.write(ctx, to, incomplete)
		if err != nil {
			return nil, err
		}
		built.AddEntry(e)
	}
	manifest := built.Build(n.self.ModTime, incomplete)
	id, err := to.heal.object(ctx, func() (object.ID, error) {
		return snapshotfs.WriteDirManifest(ctx, to.session, n.path, manifest, fastest)
	})
	if err != nil {
		return nil, err
	}
	e := n.self
	e.ObjectID, e.DirSummary = id, manifest.Summary
	return &e, nil
}

// known finds an entry of that name in the earlier snapshots, newest first.
func (n *node) known(name string, matches func(*snapshot.DirEntry) bool) *snapshot.DirEntry {
	for _, b := range n.before {
		if e, ok := b[name]; ok && matches(e) {
			return e
		}
	}
	return nil
}

// entries reads a directory out of the vault, sorted by name.
func entries(ctx context.Context, from repo.Repository, id object.ID) ([]*snapshot.DirEntry, error) {
	r, err := from.OpenObject(ctx, id)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var m snapshot.DirManifest
	if err := json.NewDecoder(r).Decode(&m); err != nil {
		return nil, err
	}
	byName := func(a, b *snapshot.DirEntry) int { return strings.Compare(a.Name, b.Name) }
	if !slices.IsSortedFunc(m.Entries, byName) { // they are, if we wrote them
		slices.SortFunc(m.Entries, byName)
	}
	return m.Entries, nil
}
