package source

import (
	"sync/atomic"

	"levqor/jobs/task"
	"levqor/jobs/vault/kopia"
)

// Meter shows how far an engine is. The zero value is ready; it may be read while
// the work runs.
type Meter struct {
	// Vault is to be handed to the vault's Write or Restore.
	Vault kopia.Meter

	sample       atomic.Pointer[func() task.Progress]
	files, bytes atomic.Int64 // expected; 0: not known
}

// Expect says how many files and bytes there will be, for engines that can't tell.
// 0 is not known.
func (m *Meter) Expect(files, bytes int64) {
	m.files.Store(files)
	m.bytes.Store(bytes)
}

// Progress is a reading of this moment, for task.Active.Measure.
func (m *Meter) Progress() task.Progress {
	vault := m.Vault.Snapshot()
	p := task.Progress{Current: vault.Current, BytesDone: vault.Bytes, ItemsDone: vault.Files}
	// What grew beyond the expected has no known end.
	if bytes := m.bytes.Load(); vault.Bytes <= bytes {
		p.BytesTotal = bytes
	}
	if files := m.files.Load(); vault.Files <= files {
		p.ItemsTotal = files
	}
	if sample := m.sample.Load(); sample != nil {
		p = (*sample)()
	}
	p.BytesStored = vault.Stored
	return p
}

// follow takes the readings from the engine's own counters.
func (m *Meter) follow(sample func() task.Progress) { m.sample.Store(&sample) }
