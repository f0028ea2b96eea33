package source

import "time"

// States of a test's step.
const (
	StepFailed   = "failed"
	StepOK       = "ok"
	StepSkipped  = "skipped"  // not needed, as DNS for an address
	StepUntested = "untested" // a step before it failed
)

// Step is one step of a connection test. Its name's words are source.step.<name>;
// Key with Args says what was found; of a failed one Key has text and mend.
type Step struct {
	Name    string         `json:"name"`
	State   string         `json:"state"`
	Took    time.Duration  `json:"took"`
	Key     string         `json:"key,omitempty"`
	Args    map[string]any `json:"args,omitempty"`
	MendSQL string         `json:"mend_sql,omitempty"` // run by the database's owner, it mends the step
}

// Facts are what the last good test learned of a source.
type Facts struct {
	Version   string `json:"version,omitempty"` // of the server
	Databases int    `json:"databases,omitempty"`
	Tables    int    `json:"tables,omitempty"`
	Files     int64  `json:"files,omitempty"` // or objects
	Bytes     int64  `json:"bytes,omitempty"`
	More      bool   `json:"more,omitempty"` // counting stopped: there is at least this much
}
