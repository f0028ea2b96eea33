package drill

import "time"

// patience is how long a drill may hold its slot: twice what its objective allows
// and at least half an hour, but never longer than a slow disk needs for a copy of
// that size. What a source brings may wait for ever, and others wait behind it.
func patience(bytes int64, objective time.Duration) time.Duration {
	const (
		least = 30 * time.Minute
		slow  = 2 << 20 // bytes a second
	)
	return min(max(least, 2*objective), least+time.Duration(bytes/slow)*time.Second)
}
