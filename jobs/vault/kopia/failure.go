package kopia

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"syscall"

	"github.com/kopia/kopia/repo"
	"github.com/kopia/kopia/repo/blob"
	"github.com/kopia/kopia/repo/content"
	"github.com/kopia/kopia/repo/object"
	"github.com/minio/minio-go/v7"

	"levqor/jobs/fail"
	"levqor/jobs/scratch"
)

func isMissing(err error) bool { return errors.Is(err, blob.ErrBlobNotFound) }

// failure turns what kopia, the disk or the bucket said into a failure with its
// class: config (another vault's key, no TLS there), credentials, damaged, gone,
// quota, transient. A cancelled context and what is unknown stay what they are.
func failure(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	if _, ours := errors.AsType[*fail.Error](err); ours {
		return err
	}
	if scratch.IsFull(err) {
		if _, ok := errors.AsType[*inVault](err); ok {
			return scratch.Full(err, "vault.fail.disk_full", "")
		}
		return scratch.FullTemp(err)
	}
	for _, ask := range []func(error) (fail.Class, string){ofVault, ofBucket, ofNetwork, ofDisk} {
		if class, name := ask(err); name != "" {
			return fail.Work(err, class, "vault.fail."+name)
		}
	}
	return err
}

// opening is failure for the first contact, where a missing blob means that no
// vault is there, not that one is damaged.
func opening(err error) error {
	if isMissing(err) {
		return fail.Work(err, fail.ClassGone, "vault.fail.not_a_vault")
	}
	return failure(err)
}

func ofVault(err error) (fail.Class, string) {
	switch {
	case errors.Is(err, repo.ErrInvalidPassword):
		return fail.ClassConfig, "another_key"
	case isDamage(err):
		return fail.ClassDamaged, "damaged"
	}
	return "", ""
}

func isDamage(err error) bool {
	if isMissing(err) || errors.Is(err, blob.ErrInvalidRange) ||
		errors.Is(err, content.ErrContentNotFound) || errors.Is(err, object.ErrObjectNotFound) {
		return true
	}
	// kopia has no error values for these
	said := err.Error()
	return slices.ContainsFunc([]string{
		"invalid checksum", "message authentication failed", "unable to decrypt", "invalid blob length",
		"unable to open index", "invalid header", "invalid character", "invalid length", "invalid format blob",
	}, func(words string) bool { return strings.Contains(said, words) })
}

func ofDisk(err error) (fail.Class, string) {
	switch {
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fail.ClassCredentials, "denied"
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return fail.ClassGone, "path_gone"
	case errors.Is(err, syscall.EIO), errors.Is(err, syscall.ESTALE):
		return fail.ClassTransient, "disk"
	}
	return "", ""
}

func ofBucket(err error) (fail.Class, string) {
	said, ok := errors.AsType[minio.ErrorResponse](err)
	if !ok {
		return "", ""
	}
	switch said.Code {
	case "NoSuchBucket", "InvalidBucketName":
		return fail.ClassGone, "bucket_gone"
	case "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "AuthorizationHeaderMalformed":
		return fail.ClassCredentials, "refused"
	case "QuotaExceeded", "InsufficientStorage", "XMinioStorageFull", "StorageQuotaExceeded":
		return fail.ClassQuota, "full"
	case "RequestTimeTooSkewed":
		return fail.ClassConfig, "clock"
	}
	switch {
	case said.StatusCode == http.StatusInsufficientStorage:
		return fail.ClassQuota, "full"
	case said.StatusCode == http.StatusForbidden, said.StatusCode == http.StatusUnauthorized, said.Code == "AccessDenied":
		return fail.ClassCredentials, "denied"
	case said.StatusCode >= 500, said.StatusCode == http.StatusTooManyRequests, said.StatusCode == http.StatusRequestTimeout:
		return fail.ClassTransient, "unreachable"
	}
	return "", ""
}

func ofNetwork(err error) (fail.Class, string) {
	var unknown x509.UnknownAuthorityError
	var wrongHost x509.HostnameError
	var expired x509.CertificateInvalidError
	switch {
	case errors.As(err, &unknown), errors.As(err, &wrongHost), errors.As(err, &expired):
		return fail.ClassConfig, "certificate"
	case strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return fail.ClassConfig, "not_tls"
	case strings.Contains(err.Error(), "unexpected EOF"), errors.Is(err, context.DeadlineExceeded):
		return fail.ClassTransient, "unreachable"
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return fail.ClassConfig, "not_tls"
	}
	_, dialed := errors.AsType[*net.OpError](err)
	_, asked := errors.AsType[*net.DNSError](err)
	_, sent := errors.AsType[*url.Error](err)
	if dialed || asked || sent { // not net.Error, which a full disk's errno is too
		return fail.ClassTransient, "unreachable"
	}
	return "", ""
}
