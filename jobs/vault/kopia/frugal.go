package kopia

import "runtime/debug"

// frugalPercent is how much garbage may pile up beside what is in use. Most of
// that is buffers without pointers, which cost nothing to look through: half of
// Go's usual room takes no time and a third less memory. A limit to all memory
// would do no better for one backup, and make those that run beside it collect
// without end.
const frugalPercent = 50

const usualPercent = 100

// Frugal prepares a process for backups and restores, unless its operator chose
// otherwise with GOGC. Workers call it once.
func Frugal() {
	if chosen := debug.SetGCPercent(frugalPercent); chosen != usualPercent {
		debug.SetGCPercent(chosen)
	}
}
