package kopia

import "sync/atomic"

// Meter shows how far a long operation is. Its zero value is ready; it may be
// read while the work runs. One Meter belongs to one operation.
type Meter struct {
	read, stored     atomic.Int64
	files, unchanged atomic.Int64
	current          atomic.Pointer[string]
}

// Readings are a Meter's values at one moment. Bytes are counted as the source
// has them, Stored as they arrive in the vault.
type Readings struct {
	Bytes     int64 // read from the source, or written by a restore
	Current   string
	Files     int64 // done, unchanged ones included
	Stored    int64
	Unchanged int64 // files taken over from an earlier snapshot without reading
}

// Snapshot returns the readings of this moment.
func (m *Meter) Snapshot() Readings {
	r := Readings{Bytes: m.read.Load(), Files: m.files.Load(), Stored: m.stored.Load(), Unchanged: m.unchanged.Load()}
	if name := m.current.Load(); name != nil {
		r.Current = *name
	}
	return r
}

func orNew(m *Meter) *Meter {
	if m == nil {
		return &Meter{}
	}
	return m
}
