// Package bucket reads and fills S3-compatible buckets. It knows no workspace
// and no table.
package bucket

import (
	"context"
	"net"
)

// Config is the access to a bucket or a prefix in it.
type Config struct {
	Endpoint  string `json:"endpoint"` // https://host or host:port; empty is Amazon's
	Region    string `json:"region,omitempty"`
	Bucket    string `json:"bucket"`
	Prefix    string `json:"prefix,omitempty"`
	AccessKey string `json:"access_key"`
	SecretKey string `json:"-"`

	Dial func(ctx context.Context, network, address string) (net.Conn, error) `json:"-"`
}
