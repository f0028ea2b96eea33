package kopia

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/kopia/kopia/repo/blob"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"levqor/jobs/dial"
	"levqor/jobs/fail"
)

const blobTimeout = 5 * time.Minute // one try of one blob, 20 MB as a rule

// bucket keeps a vault in an S3 bucket. kopia's own S3 storage would fall back
// to the machine's credentials, dial any address and wait for ever for an answer.
type bucket struct {
	blob.DefaultProviderImplementation
	core   *minio.Core
	http   *http.Transport
	name   string
	prefix string
}

func newBucket(l Location) (*bucket, error) {
	if l.Bucket == "" || l.AccessKey == "" || l.SecretKey == "" {
		return nil, fail.Work(nil, fail.ClassConfig, "vault.fail.bucket_settings")
	}
	host, err := l.host()
	if err != nil {
		return nil, err
	}
	t := transport(l)
	core, err := minio.NewCore(host, &minio.Options{
		Creds:      credentials.NewStaticV4(l.AccessKey, l.SecretKey, ""),
		MaxRetries: 1, // ours are bounded and end with the context
		Region:     l.Region,
		Secure:     !l.Insecure,
		Transport:  dial.Answers{RoundTripper: t},
	})
	if err != nil {
		return nil, fail.Work(err, fail.ClassConfig, "vault.fail.endpoint", "endpoint", l.Endpoint)
	}
	return &bucket{core: core, http: t, name: l.Bucket, prefix: l.prefix()}, nil
}

func transport(l Location) *http.Transport {
	reach, proxy := l.Dial, http.ProxyFromEnvironment
	if reach == nil {
		reach = dial.Guard{Policy: dial.Anything}.DialHTTP
	} else {
		proxy = nil // a proxy would dial in its place
	}
	return &http.Transport{ // of HTTP/1: a connection that many requests share is not silent when one is
		DialContext:           reach,
		DisableCompression:    true,
		IdleConnTimeout:       90 * time.Second,
		MaxIdleConnsPerHost:   16,
		Proxy:                 proxy,
		ResponseHeaderTimeout: dial.Silence,
		TLSHandshakeTimeout:   dial.Timeout,
	}
}

func (b *bucket) key(id blob.ID) string { return b.prefix + string(id) }

func (b *bucket) ConnectionInfo() blob.ConnectionInfo { return blob.ConnectionInfo{} }

func (b *bucket) DisplayName() string { return "bucket " + b.name }

func (b *bucket) Close(context.Context) error {
	b.http.CloseIdleConnections()
	return nil
}

func (b *bucket) GetBlob(ctx context.Context, id blob.ID, offset, length int64, out blob.OutputBuffer) error {
	opt := minio.GetObjectOptions{}
	if length > 0 {
		if offset < 0 || opt.SetRange(offset, offset+length-1) != nil {
			return blob.ErrInvalidRange
		}
	}
	return again(ctx, func(ctx context.Context) error {
		out.Reset()
		body, info, _, err := b.core.GetObject(ctx, b.name, b.key(id), opt)
		if err != nil {
			return named(err)
		}
		defer body.Close()
		if length == 0 {
			return nil
		}
		n, err := io.Copy(out, body)
		if err == nil && n < info.Size {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", id, err)
		}
		return blob.EnsureLengthExactly(out.Length(), length)
	})
}

func (b *bucket) GetMetadata(ctx context.Context, id blob.ID) (m blob.Metadata, err error) {
	err = again(ctx, func(ctx context.Context) error {
		info, err := b.core.StatObject(ctx, b.name, b.key(id), minio.StatObjectOptions{})
		m = blob.Metadata{BlobID: id, Length: info.Size, Timestamp: info.LastModified}
		return named(err)
	})
	return m, err
}

func (b *bucket) PutBlob(ctx context.Context, id blob.ID, data blob.Bytes, opts blob.PutOptions) error {
	switch {
	case opts.DoNotRecreate, opts.HasRetentionOptions():
		return blob.ErrUnsupportedPutBlobOption
	case !opts.SetModTime.IsZero():
		return blob.ErrSetTimeUnsupported
	}
	err := again(ctx, func(ctx context.Context) error {
		_, err := b.core.Client.PutObject(ctx, b.name, b.key(id), data.Reader(), int64(data.Length()), minio.PutObjectOptions{
			ContentType:      "application/x-kopia",
			DisableMultipart: true,
			SendContentMd5:   true, // the server refuses what arrives with a flipped bit
		})
		return named(err)
	})
	if err == nil && opts.GetModTime != nil {
		var m blob.Metadata
		m, err = b.GetMetadata(ctx, id)
		*opts.GetModTime = m.Timestamp
	}
	return err
}

func (b *bucket) DeleteBlob(ctx context.Context, id blob.ID) error {
	err := again(ctx, func(ctx context.Context) error {
		return named(b.core.RemoveObject(ctx, b.name, b.key(id), minio.RemoveObjectOptions{}))
	})
	if isMissing(err) {
		return nil
	}
	return err
}

// ListBlobs tells of each blob once, also when the listing had to be resumed.
func (b *bucket) ListBlobs(ctx context.Context, prefix blob.ID, tell func(blob.Metadata) error) error {
	after := ""
	var refused error
	err := again(ctx, func(ctx context.Context) error {
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		for o := range b.core.Client.ListObjects(ctx, b.name, minio.ListObjectsOptions{Prefix: b.key(prefix), StartAfter: after}) {
			if o.Err != nil {
				return named(o.Err)
			}
			if strings.HasSuffix(o.Key, "/") {
				continue // a folder of someone else's
			}
			id := blob.ID(strings.TrimPrefix(o.Key, b.prefix))
			if refused = tell(blob.Metadata{BlobID: id, Length: o.Size, Timestamp: o.LastModified}); refused != nil {
				return nil
			}
			after = o.Key
		}
		return ctx.Err()
	})
	if refused != nil {
		return refused
	}
	return err
}
