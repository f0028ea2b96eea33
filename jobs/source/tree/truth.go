// Package tree records what a folder or a bucket held, file by file, and compares
// what came back with it.
package tree

// Truth sums up a list of files. Digest is the BLAKE3 of the list itself, which
// is stored in the snapshot as ListName.
type Truth struct {
	Files   int64  `json:"files"`
	Dirs    int64  `json:"dirs,omitempty"`
	Links   int64  `json:"links,omitempty"`
	Special int64  `json:"special,omitempty"` // pipes and devices, which only the list holds
	Bytes   int64  `json:"bytes"`
	Skipped int64  `json:"skipped,omitempty"` // no longer counted
	Digest  string `json:"digest"`
	Since   *Since `json:"since,omitempty"` // against the copy before; nil for the first one
}

// ListName is the list's own name at the top of a snapshot. A file of that name
// in a source is one of ours, restored, and is left out.
const ListName = ".levqor-files.jsonl"
