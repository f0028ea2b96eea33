package kopia

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"math/rand/v2"
	"sync"

	"github.com/kopia/kopia/repo/blob"

	"levqor/jobs/fail"
)

const (
	readBackBlobs = 16       // of those a Write put
	readBackBytes = 64 << 20 // and no more than that
)

// NotKept tells of blobs that a Write needs and the place does not have as they
// were put. A Write that is told of them (Snapshot.Damaged) puts them anew.
type NotKept struct {
	Damage []Damage
	New    bool // some of them were put by this very Write
}

func (n *NotKept) Error() string {
	return "the place does not hold " + n.Damage[0].Blob + " as it was written"
}

// puts remembers what a Write put into the vault's place.
type puts struct {
	mu  sync.Mutex
	all map[blob.ID]piece
}

type piece struct {
	length int
	sum    [sha256.Size]byte
}

func newPuts() *puts { return &puts{all: map[blob.ID]piece{}} }

// add remembers packs and indexes; markers come and go.
func (p *puts) add(id blob.ID, data blob.Bytes) error {
	if !isPack(id) && id[0] != 'x' && id[0] != 'n' {
		return nil
	}
	h := sha256.New()
	if _, err := data.WriteTo(h); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all[id] = piece{data.Length(), [sha256.Size]byte(h.Sum(nil))}
	return nil
}

func (p *puts) gone(id blob.ID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.all, id)
}

// check compares what was put with what the place lists, and reads some of it
// back. It is for the moment in which nothing is written.
func (p *puts) check(ctx context.Context, st blob.Storage, there map[blob.ID]int64) ([]Damage, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var lost []Damage
	ids := make([]blob.ID, 0, len(p.all))
	for id, was := range p.all {
		length, ok := there[id]
		switch {
		case !ok:
			lost = append(lost, Damage{Blob: string(id), Missing: true, Detail: "not listed after it was put"})
		case length != int64(was.length):
			lost = append(lost, Damage{Blob: string(id), Detail: "of another length than was put"})
		default:
			ids = append(ids, id)
		}
	}
	rand.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	left := readBackBytes
	for _, id := range ids[:min(len(ids), readBackBlobs)] {
		was := p.all[id]
		if left -= was.length; left < 0 {
			break
		}
		var got sink
		err := st.GetBlob(ctx, id, 0, -1, &got)
		if err != nil && !isDamage(err) {
			return lost, err
		}
		if err != nil || sha256.Sum256(got.Bytes()) != was.sum {
			lost = append(lost, Damage{Blob: string(id), Missing: isMissing(err), Detail: "not what was put"})
		}
	}
	return lost, nil
}

// sink takes a blob that is read back.
type sink struct{ bytes.Buffer }

func (s *sink) Length() int { return s.Len() }

var _ io.Writer = (*sink)(nil)

// kept makes sure, before a snapshot counts, that the place has what was put and
// that nothing the snapshot needs is missing or cut off, older packs included.
func (w *Writer) kept(ctx context.Context, root *Entry) error {
	blobs, err := w.r.blobs(ctx)
	if err != nil {
		return err
	}
	lost, err := w.puts.check(ctx, w.r.store.Storage, blobs)
	if err != nil {
		return failure(err)
	}
	if len(lost) > 0 {
		return fail.Work(&NotKept{Damage: lost, New: true}, fail.ClassTransient, "vault.fail.not_kept", "store", w.r.store.DisplayName(), "count", len(lost))
	}
	if root == nil {
		return nil
	}
	reader := &Repository{rep: w.session, store: w.r.store}
	v := &verifying{blobs: blobs, meter: &Meter{}, r: reader, whole: &sync.Map{}}
	damage, err := v.below(ctx, *root)
	if err != nil || len(damage) == 0 {
		return err
	}
	return fail.Work(&NotKept{Damage: damage}, fail.ClassTransient, "vault.fail.rests_on_damage")
}
