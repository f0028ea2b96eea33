package dial_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"

	"levqor/jobs/dial"
	"levqor/jobs/fail"
)

// TestAllows is S2 as a table: what each policy lets be dialed.
func TestAllows(t *testing.T) {
	t.Parallel()
	const public, private, never = "public", "private", "never"
	for address, kind := range map[string]string{
		"1.1.1.1": public, "8.8.8.8": public, "2606:4700::1111": public, "::ffff:8.8.8.8": public, "64:ff9b::808:808": public,

		"10.0.0.1": private, "100.64.0.1": private, "127.0.0.1": private, "127.255.0.9": private, "172.16.9.9": private, "172.31.255.255": private,
		"192.168.1.1": private, "::1": private, "fc00::1": private, "fd12:3456::1": private,
		"::ffff:127.0.0.1": private, "::127.0.0.1": private, "::ffff:10.0.0.1": private, "64:ff9b::7f00:1": private, "64:ff9b::a00:1": private,

		"0.0.0.0": never, "0.1.2.3": never, "169.254.169.254": never, "::ffff:169.254.169.254": never, "64:ff9b::a9fe:a9fe": never,
		"168.63.129.16": never, "100.100.100.200": never, "192.0.0.192": never, "fd00:ec2::254": never, "fd20:ce::254": never,
		"fe80::1": never, "fe80::1%eth0": never, "224.0.0.1": never, "ff02::1": never, "255.255.255.255": never, "::": never,
		"192.0.2.1": never, "198.18.0.1": never, "198.51.100.1": never, "203.0.113.1": never, "240.0.0.1": never,
		"2001:db8::1": never, "2002:7f00:1::": never, "2001::1": never, "64:ff9b:1::1": never, "100::1": never, "fec0::1": never, "3fff::1": never, "4000::1": never,
	} {
		at := netip.MustParseAddr(address)
		for policy, want := range map[dial.Policy]bool{
			dial.Public:   kind == public,
			dial.Private:  kind == public || kind == private,
			dial.Anything: true,
		} {
			if got := (dial.Guard{Policy: policy}).Allows(at); got != want {
				t.Errorf("policy %d lets %s be dialed: %v", policy, address, got)
			}
		}
	}
	if (dial.Guard{}).Allows(netip.Addr{}) {
		t.Error("no address at all is let through")
	}
}

// The guard looks at the address that is dialed, not at the name that was given.
func TestAForbiddenAddressSeesNoPacket(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	var arrived atomic.Int64
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			arrived.Add(1)
			conn.Close()
		}
	}()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"127.0.0.1", "localhost", "::ffff:127.0.0.1", "0.0.0.0"} {
		conn, err := dial.Guard{}.DialContext(t.Context(), "tcp", net.JoinHostPort(host, port))
		f, ok := errors.AsType[*fail.Error](err)
		if conn != nil || !ok || f.Class != fail.ClassConfig || f.Key != "dial.fail.refused" {
			t.Errorf("%s: %v", host, err)
		}
	}
	if conn, err := (dial.Guard{}).DialContext(t.Context(), "unix", "/var/run/x"); err == nil || conn != nil {
		t.Error("a socket was dialed")
	}
	if n := arrived.Load(); n != 0 {
		t.Fatalf("%d connections arrived", n)
	}
	conn, err := dial.Guard{Policy: dial.Private}.DialContext(context.Background(), "tcp", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}
