// Package bucket reads and fills S3-compatible buckets. It knows no workspace
// and no table.
package bucket

import (
	"context"
	"net"
	"net/url"
	"regexp"
	"strings"

	"levqor/jobs/dial"
	"levqor/jobs/fail"
)

// Config is the access to a bucket or a prefix in it.
type Config struct {
	Endpoint  string `json:"endpoint,omitempty"` // https://host[:port]; empty is Amazon's
	Region    string `json:"region,omitempty"`
	Bucket    string `json:"bucket"`
	Prefix    string `json:"prefix,omitempty"` // as typed: a/b also covers a/bc
	AccessKey string `json:"access_key"`
	SecretKey string `json:"-"`

	Dial func(ctx context.Context, network, address string) (net.Conn, error) `json:"-"`
}

// amazon is where an empty endpoint leads.
const amazon = "https://s3.amazonaws.com"

const maxPrefix = 512

var bucketName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]$`)

// Validate names every wrong field at once, but for the secret key, which may be
// stored already. Without encryption only those networks are reached that the
// policy opens beyond the internet.
func (c Config) Validate(policy dial.Policy) error {
	var form fail.Form
	u, ok := parse(c.Endpoint)
	form.Check(ok, "endpoint", "source.field.endpoint")
	form.Check(!ok || u.Scheme == "https" || policy != dial.Public, "endpoint", "source.field.endpoint_plain")
	form.Check(bucketName.MatchString(c.Bucket) && !strings.Contains(c.Bucket, ".."), "bucket", "source.field.bucket")
	form.Check(len(c.Prefix) <= maxPrefix && !strings.ContainsAny(c.Prefix, "\x00\n\r") && !strings.HasPrefix(c.Prefix, "/"), "prefix", "source.field.prefix")
	form.Check(len(c.Region) <= 64 && !strings.ContainsAny(c.Region, " \x00\n\r/"), "region", "source.field.region")
	form.Check(c.AccessKey != "" && len(c.AccessKey) <= 256 && !strings.ContainsAny(c.AccessKey, " \x00\n\r"), "access_key", "source.field.access_key")
	form.Check(len(c.SecretKey) <= 1024 && !strings.ContainsAny(c.SecretKey, "\x00\n\r"), "secret_key", "source.field.secret_key")
	return form.Err()
}

// Tidy is the access with its endpoint spelled in one way.
func (c Config) Tidy() *Config {
	if u, ok := parse(c.Endpoint); ok && c.Endpoint != "" {
		c.Endpoint = u.Scheme + "://" + strings.ToLower(u.Host)
	}
	return &c
}

// Place is the bucket as people write it.
func (c Config) Place() string {
	u, _ := parse(c.Endpoint)
	return u.Host + "/" + c.Bucket + "/" + c.Prefix
}

func parse(endpoint string) (*url.URL, bool) {
	endpoint = strings.TrimRight(strings.TrimSpace(endpoint), "/")
	if endpoint == "" {
		endpoint = amazon
	}
	if !strings.Contains(endpoint, "://") {
		endpoint = "https://" + endpoint
	}
	u, err := url.Parse(endpoint)
	if err != nil {
		return &url.URL{}, false
	}
	return u, u.Hostname() != "" && u.Path == "" && u.User == nil && u.RawQuery == "" && (u.Scheme == "https" || u.Scheme == "http")
}
