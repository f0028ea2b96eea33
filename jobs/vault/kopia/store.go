package kopia

import (
	"context"
	"sync/atomic"

	"github.com/kopia/kopia/repo/blob"
	"github.com/kopia/kopia/repo/format"

	"levqor/jobs/lease"
)

type wrapper func(blob.Storage) blob.Storage

// metered counts what really goes into the vault, after deduplication,
// compression and encryption, indexes included.
type metered struct {
	blob.Storage
	token string
	meter atomic.Pointer[Meter]
	puts  atomic.Pointer[puts]
}

func (s *metered) ConnectionInfo() blob.ConnectionInfo { return connection(s.token) }

func (s *metered) PutBlob(ctx context.Context, id blob.ID, data blob.Bytes, opts blob.PutOptions) error {
	if err := lease.Held(ctx); err != nil {
		return err
	}
	if err := s.Storage.PutBlob(ctx, id, data, opts); err != nil {
		return err
	}
	if m := s.meter.Load(); m != nil {
		m.stored.Add(int64(data.Length()))
	}
	if p := s.puts.Load(); p != nil {
		return p.add(id, data)
	}
	return nil
}

// DeleteBlob is asked by upkeep, and by a Write for markers of its own.
func (s *metered) DeleteBlob(ctx context.Context, id blob.ID) error {
	if err := lease.Held(ctx); err != nil {
		return err
	}
	if p := s.puts.Load(); p != nil {
		p.gone(id)
	}
	return s.Storage.DeleteBlob(ctx, id)
}

// forgetHalfMade removes what an interrupted set-up leaves: kopia writes the
// blob configuration before the format, and refuses to go on from there.
func forgetHalfMade(ctx context.Context, st blob.Storage) error {
	if _, err := st.GetMetadata(ctx, format.KopiaRepositoryBlobID); err == nil || !isMissing(err) {
		return err
	}
	if _, err := st.GetMetadata(ctx, format.KopiaBlobCfgBlobID); err != nil {
		return nil //nolint:nilerr // nothing half-made
	}
	return st.DeleteBlob(ctx, format.KopiaBlobCfgBlobID)
}
