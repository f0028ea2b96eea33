package postgres

import "time"

// Truth is what a backup held at its moment: a drill and a restore are compared
// with it. It is stored as levqor.json beside the data.
type Truth struct {
	Version   string     `json:"version"`          // of the server, such as 17.2
	Client    string     `json:"client,omitempty"` // of pg_dump
	TakenAt   time.Time  `json:"taken_at"`
	Databases []Database `json:"databases"`
	Roles     []Role     `json:"roles"`
	// Globals is false where the role may not read the server's settings.
	Globals bool `json:"globals"`
	// Excluded tables are in no backup, as database.schema.table.
	Excluded []string `json:"excluded,omitempty"`
	// Notes name what else the backup leaves out.
	Notes []Note `json:"notes,omitempty"`
	// Uncovered is how many databases of the server nobody chose to leave out
	// and the backup does not hold.
	Uncovered int `json:"uncovered,omitempty"`
}

// Role is a role of the server, without its password.
type Role struct {
	Name       string          `json:"name"`
	MemberOf   []string        `json:"member_of,omitempty"`
	Attributes *RoleAttributes `json:"attributes,omitempty"` // nil in old snapshots
}

// Database is one database at the snapshot's moment.
type Database struct {
	Name       string      `json:"name"`
	Folder     string      `json:"folder"` // where its objects are
	Encoding   string      `json:"encoding"`
	Collation  string      `json:"collation"`
	CType      string      `json:"ctype"`
	Owner      string      `json:"owner"`
	Settings   []string    `json:"settings,omitempty"` // of the database itself, as name=value
	Tables     []Table     `json:"tables"`
	Counts     Counts      `json:"counts"`
	Extensions []Extension `json:"extensions"`
	// Properties are nil in old snapshots.
	Properties *Properties `json:"properties,omitempty"`
	// Sequences as the backup's data sets them; nil in old snapshots.
	Sequences []Sequence `json:"sequences,omitzero"`
	// ObjectsHash is a fingerprint of the large objects' ids and bytes in whatever
	// order; empty in old snapshots.
	ObjectsHash string `json:"objects_hash,omitempty"`
	// Stream is the encoding of the data objects; empty means UTF8.
	Stream string `json:"stream,omitempty"`
	// LeftOut are keys that point to an excluded table.
	LeftOut []Key `json:"left_out,omitempty"`
	// Partial is true where single tables were chosen: see Target.Expect.
	Partial bool `json:"partial,omitempty"`
}

// Key is a foreign key that can't be restored, because its table is excluded.
type Key struct {
	Schema string `json:"schema"`
	Table  string `json:"table"`
	Name   string `json:"name"`
}

// Extension is one that the database has installed.
type Extension struct {
	Name   string `json:"name"`
	Schema string `json:"schema"`
}

// Counts are numbers of objects that people made: neither the system's nor an extension's.
type Counts struct {
	Constraints  int `json:"constraints"`
	Functions    int `json:"functions"`
	Indexes      int `json:"indexes"`
	LargeObjects int `json:"large_objects"`
	Sequences    int `json:"sequences"`
	Triggers     int `json:"triggers"`
	Views        int `json:"views"`
}

// Table is one table. Names are exact, byte for byte; Object is the safe path.
type Table struct {
	Schema string `json:"schema"`
	Name   string `json:"name"`
	Rows   int64  `json:"rows"`
	// Hash is a fingerprint of the rows in whatever order; empty where a table holds none itself.
	Hash        string `json:"hash,omitempty"`
	Bytes       int64  `json:"bytes"`                  // on the server's disk, without indexes
	Object      string `json:"object,omitempty"`       // where the rows are
	Partitioned bool   `json:"partitioned,omitempty"`  // its rows are in its partitions
	PartitionOf string `json:"partition_of,omitempty"` // schema.table
	// Via is the partitioned table, as schema.table, through which its rows are
	// loaded: elsewhere they may belong to another partition. That table has the hash.
	Via string `json:"via,omitempty"`
	// Raw is schema and name as the stream has them, where that is another
	// encoding's bytes than those of Schema and Name.
	Raw *RawName `json:"raw,omitempty"`
	// Left is true where the rows could not be read and are not in the backup.
	Left bool `json:"left,omitempty"`

	sql string // the quoted name as a connection takes it
}

// RawName is a table's name in the bytes of the database's own encoding.
type RawName struct {
	Schema []byte `json:"schema"`
	Name   []byte `json:"name"`
}

// table finds one by schema.name.
func (d Database) table(name string) (Table, bool) {
	if name == "" {
		return Table{}, false
	}
	for _, t := range d.Tables {
		if t.Schema+"."+t.Name == name {
			return t, true
		}
	}
	return Table{}, false
}

// key is how a stream names the table.
func (t Table) key() tableKey {
	if t.Raw != nil {
		return tableKey{string(t.Raw.Schema), string(t.Raw.Name)}
	}
	return tableKey{t.Schema, t.Name}
}

// Rows is the sum over every table.
func (t Truth) Rows() int64 {
	var rows int64
	for _, d := range t.Databases {
		for _, table := range d.Tables {
			rows += table.Rows
		}
	}
	return rows
}

// Tables is the number of tables of every database.
func (t Truth) Tables() int {
	n := 0
	for _, d := range t.Databases {
		n += len(d.Tables)
	}
	return n
}

// MostTables is the number of tables of the database that has most.
func (t Truth) MostTables() int {
	n := 0
	for _, d := range t.Databases {
		n = max(n, len(d.Tables))
	}
	return n
}

// Bytes is the size of every table on the server's disk.
func (t Truth) Bytes() int64 {
	var bytes int64
	for _, d := range t.Databases {
		for _, table := range d.Tables {
			bytes += table.Bytes
		}
	}
	return bytes
}
