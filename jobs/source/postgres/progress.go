package postgres

import "sync/atomic"

// Progress is written by the work and read by whoever shows it, at any moment.
// The zero value is ready; a nil one is written to nowhere.
type Progress struct {
	current                                   atomic.Pointer[string]
	bytes, bytesTotal, rows, tables, tablesOf atomic.Int64
}

// Reading is one look at a Progress. BytesTotal is an estimate.
type Reading struct {
	Current    string // a table or an object of the backup
	Bytes      int64
	BytesTotal int64
	Rows       int64
	Tables     int64
	TablesOf   int64
}

// Read may be called while the work goes on.
func (p *Progress) Read() Reading {
	r := Reading{Bytes: p.bytes.Load(), BytesTotal: p.bytesTotal.Load(), Rows: p.rows.Load(), Tables: p.tables.Load(), TablesOf: p.tablesOf.Load()}
	if current := p.current.Load(); current != nil {
		r.Current = *current
	}
	return r
}

func (p *Progress) at(object string) {
	if p != nil {
		p.current.Store(&object)
	}
}

func (p *Progress) expect(bytes int64, tables int) {
	if p != nil {
		p.bytesTotal.Add(bytes)
		p.tablesOf.Add(int64(tables))
	}
}

func (p *Progress) add(bytes, rows int64, tables int) {
	if p != nil {
		p.bytes.Add(bytes)
		p.rows.Add(rows)
		p.tables.Add(int64(tables))
	}
}
