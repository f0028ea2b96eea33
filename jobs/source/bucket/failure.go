package bucket

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"github.com/minio/minio-go/v7"

	"levqor/jobs/dial"
	"levqor/jobs/fail"
)

// again repeats a request while its failure may pass, and classifies the last one.
func again(ctx context.Context, once func(context.Context) error) error {
	wait := firstWait
	for try := 1; ; try++ {
		err := classify(once(ctx))
		if err == nil || try == tries || ctx.Err() != nil || fail.ClassOf(err) != fail.ClassTransient || is(err, "object_changed") {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(wait/2 + rand.N(wait)):
		}
		wait *= 2
	}
}

func is(err error, name string) bool {
	f, ok := errors.AsType[*fail.Error](err)
	return ok && f.Key == "source.fail."+name
}

// classify turns what the bucket or the network said into a failure that a
// person can mend. A canceled context and a failure of ours stay what they are.
func classify(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	if f, ok := errors.AsType[*fail.Error](err); ok {
		return f // a dialer of ours said no; what wraps it says nothing more
	}
	if errors.Is(err, dial.ErrEndless) || strings.Contains(err.Error(), dial.ErrEndless.Error()) {
		return fail.Work(err, fail.ClassConfig, "source.fail.listing_endless")
	}
	class, name := ofAnswer(err)
	if name == "" {
		class, name = ofNetwork(err)
	}
	if name == "" {
		class, name = fail.ClassInternal, "bucket_refused"
	}
	if region := regionOf(err); name == "bucket_region" && region != "" {
		return fail.Work(err, class, "source.fail.bucket_region_named", "region", region)
	}
	return fail.Work(err, class, "source.fail."+name)
}

// regionOf is the region that an answer names.
func regionOf(err error) string {
	said, ok := errors.AsType[minio.ErrorResponse](err)
	if !ok || len(said.Region) > 64 {
		return ""
	}
	return said.Region
}

// ofKey names the object that a failure is about: what only speaks of the bucket
// as a whole would not tell which of its objects to look at.
func ofKey(err error, key string) error {
	named := map[string]string{"bucket_denied": "object_denied", "bucket_refused": "object_refused",
		"object_archived": "object_archived", "object_changed": "object_changed", "object_encrypted": "object_encrypted",
		"object_gone": "object_gone", "object_too_large": "object_too_large"}
	f, ok := errors.AsType[*fail.Error](err)
	if !ok {
		return err
	}
	for from, to := range named {
		if f.Key == "source.fail."+from && f.Args["key"] == nil {
			return fail.Work(errors.Unwrap(f), f.Class, "source.fail."+to, "key", key)
		}
	}
	return err
}

func ofAnswer(err error) (fail.Class, string) {
	said, ok := errors.AsType[minio.ErrorResponse](err)
	if !ok {
		return "", ""
	}
	switch said.Code {
	case "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken":
		return fail.ClassCredentials, "bucket_keys"
	case "NoSuchBucket", "InvalidBucketName":
		return fail.ClassGone, "bucket_gone"
	case "NoSuchKey":
		return fail.ClassGone, "object_gone"
	case "PreconditionFailed":
		return fail.ClassTransient, "object_changed"
	case "AuthorizationHeaderMalformed", "PermanentRedirect", "IllegalLocationConstraintException":
		return fail.ClassConfig, "bucket_region"
	case "RequestTimeTooSkewed":
		return fail.ClassConfig, "bucket_clock"
	case "QuotaExceeded", "InsufficientStorage", "XMinioStorageFull", "StorageQuotaExceeded":
		return fail.ClassQuota, "bucket_full"
	case "InvalidObjectState":
		return fail.ClassConfig, "object_archived"
	case "InvalidRequest":
		if strings.Contains(strings.ToLower(said.Message), "encryption") {
			return fail.ClassConfig, "object_encrypted" // with a key that only the customer has
		}
	}
	return ofStatus(said.StatusCode)
}

func ofStatus(status int) (fail.Class, string) {
	switch {
	case status == http.StatusNotFound:
		return fail.ClassGone, "object_gone"
	case status == http.StatusPreconditionFailed:
		return fail.ClassTransient, "object_changed"
	case status == http.StatusForbidden, status == http.StatusUnauthorized:
		return fail.ClassCredentials, "bucket_denied"
	case status == http.StatusMovedPermanently, status == http.StatusTemporaryRedirect:
		return fail.ClassConfig, "bucket_region"
	case status >= 500, status == http.StatusTooManyRequests, status == http.StatusRequestTimeout:
		return fail.ClassTransient, "bucket_busy"
	}
	return "", ""
}

func ofNetwork(err error) (fail.Class, string) {
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		if dns.IsNotFound {
			return fail.ClassGone, "host_unknown"
		}
		return fail.ClassTransient, "dns"
	}
	_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
	_, wrongName := errors.AsType[x509.HostnameError](err)
	_, invalid := errors.AsType[x509.CertificateInvalidError](err)
	_, noTLS := errors.AsType[tls.RecordHeaderError](err)
	var timeout net.Error
	switch {
	case unknown, wrongName, invalid:
		return fail.ClassConfig, "certificate"
	case noTLS, strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return fail.ClassConfig, "not_tls"
	case errors.Is(err, syscall.ECONNREFUSED):
		return fail.ClassGone, "port_closed"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout):
		return fail.ClassTransient, "no_answer"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), strings.Contains(err.Error(), "EOF"):
		return fail.ClassTransient, "connection_lost"
	}
	return "", ""
}

// Blames is err when it says that the named step of a test failed: credentials
// or bucket. What neither step can know belongs to the listing.
func Blames(err error, step string) error {
	names := map[string][]string{
		"bucket":      {"bucket_gone", "bucket_region", "bucket_region_named"},
		"credentials": {"bucket_keys", "bucket_clock"},
	}
	for _, name := range names[step] {
		if is(err, name) {
			return err
		}
	}
	return nil
}
