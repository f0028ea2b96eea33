package bucket

import (
	"cmp"
	"context"
	"errors"
	"io"
	"iter"
	"net/http"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"levqor/jobs/dial"
	"levqor/jobs/fail"
	"levqor/jobs/vault/kopia"
)

const (
	tries     = 5 // of one request; waits grow from 200 ms
	firstWait = 200 * time.Millisecond
)

// Bucket is an open bucket. The caller closes it.
type Bucket struct {
	config Config
	core   *minio.Core
	http   *http.Transport
}

// Object is one object of a listing. Key is without the configured prefix.
type Object struct {
	Key      string
	Size     int64
	Modified time.Time
	ETag     string
}

// Open makes a client; nothing is asked of the bucket yet.
func Open(c Config) (*Bucket, error) {
	u, ok := parse(c.Endpoint)
	if !ok {
		return nil, fail.Work(nil, fail.ClassConfig, "source.fail.endpoint")
	}
	t := &http.Transport{ // of HTTP/1: a connection that many requests share is not silent when one is
		DialContext:           c.dialer(),
		DisableCompression:    true,
		IdleConnTimeout:       90 * time.Second,
		MaxIdleConnsPerHost:   16,
		ResponseHeaderTimeout: dial.Silence,
		TLSHandshakeTimeout:   dial.Timeout,
	}
	core, err := minio.NewCore(u.Host, &minio.Options{
		Creds:      credentials.NewStaticV4(c.AccessKey, c.SecretKey, ""), // never the machine's own
		MaxRetries: 1,                                                     // ours are bounded and end with the context
		Region:     c.Region,
		Secure:     u.Scheme == "https",
		Transport:  dial.Answers{RoundTripper: t},
	})
	if err != nil {
		return nil, fail.Work(err, fail.ClassConfig, "source.fail.endpoint")
	}
	return &Bucket{config: c, core: core, http: t}, nil
}

// Close gives its connections back.
func (b *Bucket) Close() { b.http.CloseIdleConnections() }

// List tells every object below the prefix, in the order of keys. A listing that
// breaks off for a passing reason goes on where it was; any other error ends it.
func (b *Bucket) List(ctx context.Context) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		after, stopped := "", false
		var guard endless
		var circles error
		err := again(ctx, func(ctx context.Context) error {
			return b.list(ctx, after, func(o Object) bool {
				if circles = guard.check(o.Key); circles != nil {
					return false
				}
				after = o.Key
				stopped = !yield(o, nil)
				return !stopped
			})
		})
		err = cmp.Or(circles, err)
		if err != nil && !stopped {
			yield(Object{}, err)
		}
	}
}

// list tells objects behind the key after until tell has enough.
func (b *Bucket) list(ctx context.Context, after string, tell func(Object) bool) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	start := ""
	if after != "" {
		start = b.config.Prefix + after
	}
	found := b.core.Client.ListObjects(ctx, b.config.Bucket, minio.ListObjectsOptions{Prefix: b.config.Prefix, Recursive: true, StartAfter: start})
	for o := range found {
		if o.Err != nil {
			return o.Err
		}
		if !tell(Object{Key: strings.TrimPrefix(o.Key, b.config.Prefix), Size: o.Size, Modified: o.LastModified, ETag: o.ETag}) {
			return nil
		}
	}
	return ctx.Err()
}

// First is the first objects, at most limit, and whether there are more. It is
// for a test, where somebody is waiting: nothing is tried again.
func (b *Bucket) First(ctx context.Context, limit int) (objects []Object, more bool, err error) {
	err = b.list(ctx, "", func(o Object) bool {
		if more = len(objects) == limit; !more {
			objects = append(objects, o)
		}
		return !more
	})
	return objects, more, classify(err)
}

// Read opens the very version that was listed, with what it was stored with.
// kopia.ErrGone when the bucket confirms that there is none any more; transient
// when it is another by now.
func (b *Bucket) Read(ctx context.Context, o Object) (io.ReadCloser, Stored, error) {
	opt := minio.GetObjectOptions{}
	if o.ETag != "" {
		if err := opt.SetMatchETag(o.ETag); err != nil {
			return nil, Stored{}, err
		}
	}
	var body io.ReadCloser
	var header http.Header
	err := again(ctx, func(ctx context.Context) (err error) {
		body, _, header, err = b.core.GetObject(ctx, b.config.Bucket, b.config.Prefix+o.Key, opt)
		return err
	})
	if err == nil {
		return reading{body, o.Key}, storedOf(header), nil
	}
	if is(err, "object_gone") && b.vanished(ctx, o.Key) {
		return nil, Stored{}, kopia.ErrGone
	}
	return nil, Stored{}, ofKey(err, o.Key)
}

// vanished asks the bucket once more whether an object is gone.
func (b *Bucket) vanished(ctx context.Context, key string) bool {
	err := again(ctx, func(ctx context.Context) error {
		_, err := b.core.StatObject(ctx, b.config.Bucket, b.config.Prefix+key, minio.StatObjectOptions{})
		return err
	})
	return is(err, "object_gone")
}

// reading names what breaks while an object is read.
type reading struct {
	io.ReadCloser
	key string
}

func (r reading) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = fail.Work(err, fail.ClassTransient, "source.fail.object_broke_off", "key", r.key)
	}
	return n, err
}

// Delete removes one object; one that is not there is no failure.
func (b *Bucket) Delete(ctx context.Context, key string) error {
	err := again(ctx, func(ctx context.Context) error {
		return b.core.RemoveObject(ctx, b.config.Bucket, b.config.Prefix+key, minio.RemoveObjectOptions{})
	})
	if is(err, "object_gone") {
		return nil
	}
	return err
}
