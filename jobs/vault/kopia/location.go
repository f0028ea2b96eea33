package kopia

import (
	"context"
	"net"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/kopia/kopia/repo/blob"
	"github.com/kopia/kopia/repo/blob/filesystem"

	"levqor/jobs/fail"
)

// Kinds of places that can hold a vault.
const (
	Filesystem = "filesystem"
	S3         = "s3"
)

// Location is where a vault is. With S3 both keys are needed: a vault never
// falls back to the credentials of the machine that the worker runs on.
type Location struct {
	Kind string
	Path string // Filesystem: an absolute folder

	Endpoint  string // S3: host or host:port, https:// allowed; empty is Amazon's
	Bucket    string
	Prefix    string // ends in "/" or gets it
	Region    string // empty is asked from the endpoint
	AccessKey string
	SecretKey string
	Insecure  bool // plain http, for tests and self-hosters

	// Dial replaces the network dialer, so that a caller can refuse addresses
	// at the moment of dialing. Nil dials anything.
	Dial func(ctx context.Context, network, address string) (net.Conn, error) `json:"-"`
}

func (l Location) storage(ctx context.Context, create bool) (blob.Storage, error) {
	switch l.Kind {
	case Filesystem:
		if !filepath.IsAbs(l.Path) {
			return nil, fail.Work(nil, fail.ClassConfig, "vault.fail.path")
		}
		return filesystem.New(ctx, &filesystem.Options{Path: l.Path}, create)
	case S3:
		return newBucket(l)
	}
	return nil, fail.Work(nil, fail.ClassConfig, "vault.fail.kind", "kind", l.Kind)
}

func (l Location) prefix() string {
	p := strings.TrimLeft(l.Prefix, "/")
	if p != "" && !strings.HasSuffix(p, "/") {
		p += "/"
	}
	return p
}

// host is the endpoint as kopia and minio want it: no scheme, no path.
func (l Location) host() (string, error) {
	if l.Endpoint == "" {
		return "s3.amazonaws.com", nil
	}
	if !strings.Contains(l.Endpoint, "://") {
		return strings.TrimRight(l.Endpoint, "/"), nil
	}
	u, err := url.Parse(l.Endpoint)
	if err != nil || u.Host == "" || strings.Trim(u.Path, "/") != "" {
		return "", fail.Work(nil, fail.ClassConfig, "vault.fail.endpoint", "endpoint", l.Endpoint)
	}
	if u.Scheme == "http" && !l.Insecure {
		return "", fail.Work(nil, fail.ClassConfig, "vault.fail.insecure")
	}
	return u.Host, nil
}
