package kopia

import (
	"context"
	"encoding/json"
	"io"

	"github.com/kopia/kopia/repo/object"

	"levqor/jobs/fail"
)

// parts is a file as the stretches that can be read side by side, in order and
// without a gap.
func (r *Repository) parts(ctx context.Context, e Entry) ([]object.IndirectObjectEntry, error) {
	list, many := e.raw.ObjectID.IndexObjectID()
	if !many {
		return []object.IndirectObjectEntry{{Length: e.Size, Object: e.raw.ObjectID}}, nil
	}
	o, err := r.rep.OpenObject(ctx, list)
	if err != nil {
		return nil, damagedAt(err, e.Path)
	}
	defer o.Close()
	var found chunkList
	if err := json.NewDecoder(o).Decode(&found); err != nil {
		return nil, damagedAt(err, e.Path)
	}
	var end int64
	for _, p := range found.Entries {
		if p.Start != end || p.Length < 0 {
			return nil, damagedFile(e.Path)
		}
		end += p.Length
	}
	if end != e.Size {
		return nil, damagedFile(e.Path)
	}
	return found.Entries, nil
}

// part reads one stretch of the file at name, checked against its hash.
func (r *Repository) part(ctx context.Context, p object.IndirectObjectEntry, name string) ([]byte, error) {
	data, err := r.content(ctx, p)
	if err != nil {
		return nil, damagedAt(err, name)
	}
	if int64(len(data)) != p.Length {
		return nil, damagedFile(name)
	}
	return data, nil
}

func (r *Repository) content(ctx context.Context, p object.IndirectObjectEntry) ([]byte, error) {
	if id, compressed, one := p.Object.ContentID(); one && !compressed {
		return r.rep.ContentReader().GetContent(ctx, id)
	}
	o, err := r.rep.OpenObject(ctx, p.Object)
	if err != nil {
		return nil, err
	}
	defer o.Close()
	return io.ReadAll(io.LimitReader(o, p.Length+1))
}

func damagedFile(name string) error {
	return fail.Work(nil, fail.ClassDamaged, "vault.fail.damaged_file", "path", name)
}
