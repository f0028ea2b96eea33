package postgres

import "time"

// Truth is what a backup held at its moment: a drill and a restore are compared
// with it. It is stored as levqor.json beside the data.
type Truth struct {
	Version   string     `json:"version"` // of the server, such as 17.2
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
	Name     string   `json:"name"`
	MemberOf []string `json:"member_of,omitempty"`
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
