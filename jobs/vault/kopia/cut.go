package kopia

// Where a file is cut into the chunks that are deduplicated is decided by its
// bytes alone, so that a change moves only the cuts around it. How it is decided
// must never change: chunks of older snapshots would not be found again.
const (
	leastChunk = 512 << 10
	mostChunk  = 2 << 20
	cutWindow  = 64 // bytes that a decision depends on
	cutBits    = 19 // on average 1 MB: leastChunk and 2^19 more
)

// gear gives each byte a number; a cut is where their shifted sum begins with
// cutBits zeros.
var gear = func() (table [256]uint64) {
	state := uint64(0x6c6576716f72) // splitmix64 from here
	for i := range table {
		state += 0x9e3779b97f4a7c15
		x := state
		x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
		x = (x ^ x>>27) * 0x94d049bb133111eb
		table[i] = x ^ x>>31
	}
	return table
}()

// cut is the length of the chunk that b begins with, or 0 while that needs more
// bytes. The first seen of them held no cut.
func cut(b []byte, seen int) int {
	i := max(seen, leastChunk)
	end := min(len(b), mostChunk)
	if i >= end {
		return full(end)
	}
	var sum uint64
	for _, c := range b[i-cutWindow : i] {
		sum = sum<<1 + gear[c]
	}
	for ; i+1 < end; i += 2 { // two at once halve the wait for the sum before
		first := sum<<1 + gear[b[i]]
		sum = sum<<2 + (gear[b[i]]<<1 + gear[b[i+1]])
		if first>>(64-cutBits) == 0 {
			return i + 1
		}
		if sum>>(64-cutBits) == 0 {
			return i + 2
		}
	}
	for ; i < end; i++ {
		if sum = sum<<1 + gear[b[i]]; sum>>(64-cutBits) == 0 {
			return i + 1
		}
	}
	return full(end)
}

func full(n int) int {
	if n == mostChunk {
		return n
	}
	return 0
}
