package kopia

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/kopia/kopia/repo/blob"
	"github.com/minio/minio-go/v7"

	"levqor/jobs/fail"
)

const (
	tries     = 7
	firstWait = 100 * time.Millisecond // doubled each time, with jitter: about 10 s in all
)

// again repeats a request to a bucket while its failure may pass: lost
// connections, 5xx, throttling, a body that arrived altered.
func again(ctx context.Context, once func(context.Context) error) error {
	wait := firstWait
	for try := 1; ; try++ {
		attempt, cancel := context.WithTimeout(ctx, blobTimeout)
		err := once(attempt)
		cancel()
		if err == nil || try == tries || ctx.Err() != nil || !passing(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait/2 + rand.N(wait)):
		}
		wait *= 2
	}
}

func passing(err error) bool {
	if errors.Is(err, blob.ErrBlobNotFound) || errors.Is(err, blob.ErrInvalidRange) {
		return false
	}
	if _, ours := errors.AsType[*fail.Error](err); ours {
		return false // a dialer of ours said no
	}
	if said, ok := errors.AsType[minio.ErrorResponse](err); ok {
		switch said.Code {
		case "BadDigest", "InternalError", "IncompleteBody", "OperationAborted", "RequestTimeout", "SlowDown", "XAmzContentSHA256Mismatch":
			return true
		}
	}
	class, _ := ofBucket(err)
	if class == "" {
		class, _ = ofNetwork(err)
	}
	return class == fail.ClassTransient
}

// named makes the bucket's "no such key" kopia's own.
func named(err error) error {
	said, ok := errors.AsType[minio.ErrorResponse](err)
	if !ok {
		return err
	}
	switch {
	case said.Code == "NoSuchKey", said.StatusCode == http.StatusNotFound && said.Code != "NoSuchBucket":
		return blob.ErrBlobNotFound
	case said.StatusCode == http.StatusRequestedRangeNotSatisfiable:
		return blob.ErrInvalidRange
	}
	return err
}
