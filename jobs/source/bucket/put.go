package bucket

import (
	"context"
	"crypto/md5" //nolint:gosec // what S3 calls an ETag, no secret
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"

	"github.com/minio/minio-go/v7"

	"levqor/jobs/fail"
)

// leastPart is how large a part of an upload is at least.
const leastPart = 16 << 20

// Put stores one object with all that it had, replacing what has its key, and
// makes sure of it: the bucket must tell the size and the ETag of what was sent,
// or else give the same bytes back. Damaged when it does not.
func (b *Bucket) Put(ctx context.Context, key string, r io.Reader, size int64, s Stored) error {
	opt := s.options()
	_, part, _, err := minio.OptimalPartInfo(size, 0)
	if err != nil {
		return ofKey(fail.Work(err, fail.ClassConfig, "source.fail.object_too_large"), key)
	}
	part = max(part, leastPart) // it is 0 of a small object
	opt.PartSize = uint64(part)
	opt.SendContentMd5 = size < 5<<20
	opt.DisableContentSha256 = size == 0 // signed as a stream, nothing would be sent without a length
	sum := newSum(part)
	// No second try: what was read of r is gone.
	_, err = b.core.Client.PutObject(ctx, b.config.Bucket, b.config.Prefix+key, io.TeeReader(r, sum), size, opt)
	if err != nil {
		return ofKey(classify(err), key)
	}
	return b.confirm(ctx, key, size, sum)
}

// RefusedClass says whether a Put failed only by the storage class.
func RefusedClass(err error) bool {
	said, ok := errors.AsType[minio.ErrorResponse](err)
	return ok && said.Code == "InvalidStorageClass"
}

func (b *Bucket) confirm(ctx context.Context, key string, size int64, sum *sum) error {
	var info minio.ObjectInfo
	err := again(ctx, func(ctx context.Context) (err error) {
		info, err = b.core.StatObject(ctx, b.config.Bucket, b.config.Prefix+key, minio.StatObjectOptions{})
		return err
	})
	switch {
	case is(err, "object_gone"):
		return fail.Work(err, fail.ClassDamaged, "source.fail.object_not_kept", "key", key)
	case err != nil:
		return ofKey(err, key)
	case info.Size != size:
		return fail.Work(fmt.Errorf("%d bytes were sent, the bucket has %d", size, info.Size), fail.ClassDamaged, "source.fail.object_not_kept", "key", key)
	case sum.is(strings.Trim(info.ETag, `"`)):
		return nil
	}
	return b.compare(ctx, key, sum) // its ETag is none of the content, as with keys of its own
}

func (b *Bucket) compare(ctx context.Context, key string, sent *sum) error {
	back := newSum(sent.part)
	err := again(ctx, func(ctx context.Context) error {
		back = newSum(sent.part)
		body, _, _, err := b.core.GetObject(ctx, b.config.Bucket, b.config.Prefix+key, minio.GetObjectOptions{})
		if err != nil {
			return err
		}
		_, err = io.Copy(back, body)
		return errors.Join(err, body.Close())
	})
	if err != nil {
		return ofKey(err, key)
	}
	if back.whole() != sent.whole() {
		return fail.Work(errors.New("other bytes came back than were sent"), fail.ClassDamaged, "source.fail.object_not_kept", "key", key)
	}
	return nil
}

// sum makes both ETags that a bucket may give to what is written to it: of a
// single upload, and of one in parts.
type sum struct {
	part  int64
	left  int64 // of the current part
	all   hash.Hash
	one   hash.Hash
	parts []byte
	count int
}

func newSum(part int64) *sum {
	return &sum{part: part, left: part, all: md5.New(), one: md5.New()} //nolint:gosec // see above
}

func (s *sum) Write(p []byte) (int, error) {
	s.all.Write(p)
	for rest := p; len(rest) > 0; {
		n := min(int64(len(rest)), s.left)
		s.one.Write(rest[:n])
		rest, s.left = rest[n:], s.left-n
		if s.left == 0 {
			s.close()
		}
	}
	return len(p), nil
}

func (s *sum) close() {
	s.parts = s.one.Sum(s.parts)
	s.one.Reset()
	s.left = s.part
	s.count++
}

func (s *sum) whole() string { return hex.EncodeToString(s.all.Sum(nil)) }

func (s *sum) is(etag string) bool {
	if etag == s.whole() {
		return true
	}
	parts, count := s.parts, s.count
	if s.left != s.part {
		parts, count = s.one.Sum(append([]byte(nil), parts...)), count+1
	}
	of := md5.Sum(parts) //nolint:gosec // see above
	return etag == fmt.Sprintf("%s-%d", hex.EncodeToString(of[:]), count)
}
