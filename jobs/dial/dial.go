// Package dial is the one way in which Levqor reaches an address that a customer
// named. It decides on the resolved address, at the moment of dialing, so that no
// name can lead to the machine's own network or to a cloud's metadata.
package dial

import (
	"context"
	"net"
	"net/netip"
	"syscall"
	"time"

	"levqor/jobs/fail"
)

// Policy is how far a customer's address may lead.
type Policy int

const (
	Public   Policy = iota // the internet only
	Private                // also private networks and this machine: for self-hosters, LEVQOR_ALLOW_PRIVATE=1
	Anything               // no guard: `levqor dev` and tests
)

// Timeout bounds one attempt to connect.
const Timeout = 10 * time.Second

// Guard dials within a policy. The zero value reaches the internet only.
type Guard struct {
	Policy  Policy
	Silence time.Duration // on connections of DialHTTP; 0 is the constant's
}

// DialContext is net.Dialer's, guarded: fail.ClassConfig (dial.fail.refused) for
// an address that the policy forbids. No proxy of the environment is used.
func (g Guard) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{Timeout: Timeout, KeepAlive: 30 * time.Second}
	if g.Policy != Anything {
		d.ControlContext = g.control
	}
	return d.DialContext(ctx, network, address)
}

func (g Guard) control(_ context.Context, network, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || (network != "tcp4" && network != "tcp6") {
		return refused(address)
	}
	if !g.Allows(at.Addr()) {
		return refused(at.Addr().String())
	}
	return nil
}

// Allows reports whether the policy lets that address be dialed.
func (g Guard) Allows(addr netip.Addr) bool {
	if g.Policy == Anything {
		return true
	}
	addr, ok := unwrap(addr.WithZone(""))
	switch {
	case !ok, in(addr, never):
		return false
	case in(addr, private):
		return g.Policy == Private
	case in(addr, special):
		return false
	case addr.Is6():
		return globalUnicast.Contains(addr)
	}
	return true
}

func refused(address string) error {
	return fail.Work(nil, fail.ClassConfig, "dial.fail.refused", "address", address)
}
