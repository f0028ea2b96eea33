package dial

import "net/netip"

// The IANA special-purpose registries (RFC 6890 and its successors), sorted into
// what is never dialed, what a self-hoster may allow, and what leads nowhere.
var (
	// never are the metadata services of clouds and the link itself: reaching
	// them hands out the machine's own credentials.
	never = prefixes(
		"0.0.0.0/8", "169.254.0.0/16", "168.63.129.16/32", "100.100.100.200/32", "192.0.0.192/32",
		"224.0.0.0/4", "255.255.255.255/32",
		"::/128", "fd00:ec2::/32", "fd20:ce::/32", "fe80::/10", "ff00::/8",
	)
	private = prefixes(
		"10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
		"::1/128", "fc00::/7",
	)
	special = prefixes(
		"192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.175.48.0/24",
		"198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		"64:ff9b:1::/48", "100::/64", "100:0:0:1::/64", "2001::/23", "2001:db8::/32", "2002::/16",
		"2620:4f:8000::/48", "3fff::/20", "5f00::/16", "fec0::/10",
	)
	globalUnicast = netip.MustParsePrefix("2000::/3")
	// embedding hold an IPv4 address in their last four bytes.
	embedding = prefixes("::/96", "64:ff9b::/96")
)

func prefixes(texts ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		out[i] = netip.MustParsePrefix(text)
	}
	return out
}

func in(addr netip.Addr, ranges []netip.Prefix) bool {
	for _, r := range ranges {
		if r.Contains(addr) {
			return true
		}
	}
	return false
}

// unwrap finds the IPv4 address inside a mapped, compatible or translated one.
func unwrap(addr netip.Addr) (netip.Addr, bool) {
	if !addr.IsValid() {
		return addr, false
	}
	addr = addr.Unmap()
	if addr.Is6() && in(addr, embedding) && addr != netip.IPv6Loopback() && addr != netip.IPv6Unspecified() {
		b := addr.As16()
		return netip.AddrFrom4([4]byte(b[12:])), true
	}
	return addr, true
}
