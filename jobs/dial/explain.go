package dial

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"syscall"

	"levqor/jobs/fail"
)

// Explain says why an address could not be reached, or stopped answering, without
// repeating anything that was sent there.
func Explain(err error) error {
	if known, ok := errors.AsType[*fail.Error](err); ok {
		return known
	}
	if missing, ok := errors.AsType[*net.DNSError](err); ok {
		if missing.IsNotFound {
			return fail.Work(err, fail.ClassConfig, "dial.fail.no_such_host", "host", missing.Name)
		}
		return fail.Work(err, fail.ClassTransient, "dial.fail.dns", "host", missing.Name)
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return fail.Work(err, fail.ClassConfig, "dial.fail.certificate")
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return fail.Work(err, fail.ClassConfig, "dial.fail.certificate")
	}
	slow, ok := errors.AsType[net.Error](err)
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, context.DeadlineExceeded), ok && slow.Timeout():
		return fail.Work(err, fail.ClassTransient, "dial.fail.timeout")
	case errors.Is(err, syscall.ECONNREFUSED):
		return fail.Work(err, fail.ClassTransient, "dial.fail.connection_refused")
	default:
		return fail.Work(err, fail.ClassTransient, "dial.fail.broken")
	}
}
