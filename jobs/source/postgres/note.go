package postgres

// Note is something a person should know of work that went well: what a test or
// a backup leaves out, what a restore did not bring back.
type Note struct {
	Key     string         `json:"key"` // a locale key; plural where Args has a count
	Args    map[string]any `json:"args,omitempty"`
	MendSQL string         `json:"mend_sql,omitempty"` // run by the server's owner, it makes the note needless
}
