package bucket

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/minio/minio-go/v7"
)

// Stored is what an object is stored with beside its bytes. Access lists are not
// among it: buckets that still have them decide by their own.
type Stored struct {
	ContentType string
	Headers     map[string]string // those of keptHeaders, where set
	Meta        map[string]string // x-amz-meta-*, without that prefix
	Tags        map[string]string
	Class       string // of storage; empty: the usual one
	TagCount    int    // as a GET tells it, which gives no tags themselves
}

const metaPrefix = "X-Amz-Meta-"

var keptHeaders = []string{"Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Expires"}

func storedOf(h http.Header) Stored {
	s := Stored{ContentType: h.Get("Content-Type"), Class: h.Get("X-Amz-Storage-Class")}
	for _, name := range keptHeaders {
		value := h.Get(name)
		if name == "Content-Encoding" {
			value = withoutChunks(value)
		}
		if value != "" {
			s.Headers = with(s.Headers, name, value)
		}
	}
	for name, values := range h {
		if key, ours := strings.CutPrefix(name, metaPrefix); ours && len(values) > 0 {
			s.Meta = with(s.Meta, strings.ToLower(key), values[0])
		}
	}
	if s.Class == "STANDARD" {
		s.Class = ""
	}
	s.TagCount, _ = strconv.Atoi(h.Get("X-Amz-Tagging-Count"))
	return s
}

// withoutChunks leaves out what only says how an upload was sent.
func withoutChunks(encoding string) string {
	var kept []string
	for part := range strings.SplitSeq(encoding, ",") {
		if part = strings.TrimSpace(part); part != "" && part != "aws-chunked" {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, ", ")
}

func with(m map[string]string, key, value string) map[string]string {
	if m == nil {
		m = map[string]string{}
	}
	m[key] = value
	return m
}

// Tags reads those of an object.
func (b *Bucket) Tags(ctx context.Context, key string) (found map[string]string, err error) {
	err = again(ctx, func(ctx context.Context) error {
		tags, err := b.core.GetObjectTagging(ctx, b.config.Bucket, b.config.Prefix+key, minio.GetObjectTaggingOptions{})
		if err == nil {
			found = tags.ToMap()
		}
		return err
	})
	return found, ofKey(err, key)
}

// options are how an object with all of that is put.
func (s Stored) options() minio.PutObjectOptions {
	opt := minio.PutObjectOptions{ContentType: s.ContentType, UserTags: s.Tags, StorageClass: s.Class, UserMetadata: map[string]string{},
		CacheControl: s.Headers["Cache-Control"], ContentDisposition: s.Headers["Content-Disposition"],
		ContentEncoding: s.Headers["Content-Encoding"], ContentLanguage: s.Headers["Content-Language"]}
	if at, err := http.ParseTime(s.Headers["Expires"]); err == nil {
		opt.Expires = at
	}
	for key, value := range s.Meta {
		opt.UserMetadata[metaPrefix+key] = value
	}
	return opt
}
