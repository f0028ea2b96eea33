package postgres

import "levqor/jobs/db/embedded"

// Note is something a person should know of work that went well: what a test or
// a backup leaves out, what a restore did not bring back.
type Note struct {
	Key     string         `json:"key"` // a locale key; plural where Args has a count
	Args    map[string]any `json:"args,omitempty"`
	MendSQL string         `json:"mend_sql,omitempty"` // run by the server's owner, it makes the note needless
}

// ProvenOn notes that a server of another major version than the source's proves
// its copies; nothing where it is the same.
func ProvenOn(version string, bin embedded.Binaries) []Note {
	if major(version) == bin.Major {
		return nil
	}
	return []Note{{Key: "postgres.note.proven_on_newer", Args: map[string]any{"version": version, "server": bin.Version, "package": embedded.Package(major(version))}}}
}

// Choose is the programs that prove a copy: of its server's own major version,
// else the next newer ones.
func (t Truth) Choose(all []embedded.Binaries) (embedded.Binaries, error) {
	c := Config{Bin: all[0], found: all}
	err := c.choose(newer(t.Version, t.Client))
	return c.Bin, err
}

// newer is the version of the later major: an archive is read by the programs
// that wrote it or by newer ones.
func newer(a, b string) string {
	if major(b) > major(a) {
		return b
	}
	return a
}
