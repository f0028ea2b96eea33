package drill

import (
	"encoding/base32"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"levqor/jobs/source"
)

// Format names the shape of Document; a changed shape gets another name.
const Format = "levqor-proof/1"

// Document is what a proof says, and what is signed: the bytes that encode
// makes of it. Times are UTC.
type Document struct {
	Format     string        `json:"format"`
	Proof      string        `json:"proof"` // prf_ and the drill's id, short
	Drill      uuid.UUID     `json:"drill"`
	Passed     bool          `json:"passed"`
	Workspace  Named         `json:"workspace"`
	Source     ProofSource   `json:"source"`
	Plan       uuid.UUID     `json:"plan"`
	Snapshot   ProofSnapshot `json:"snapshot"`
	Target     string        `json:"target"` // what it was restored into, as in "PostgreSQL 17.2"
	StartedAt  time.Time     `json:"started_at"`
	FinishedAt time.Time     `json:"finished_at"`
	Objectives Objectives    `json:"objectives"`
	Checks     []Check       `json:"checks"`
	Assertions []Assertion   `json:"assertions"`
	Total      int           `json:"checks_total"` // single comparisons and assertions
	Good       int           `json:"checks_good"`
	Notes      []Note        `json:"notes,omitempty"` // what this proof does not speak of, each by name
}

// Note is a locale key with args.
type Note = source.Note

// Named is a thing of the workspace as it was called when the proof was made.
type Named struct {
	ID   uuid.UUID `json:"id"`
	Name string    `json:"name"`
}

// ProofSource is the source that was proven. Version is that of the server
// that was backed up, empty for files.
type ProofSource struct {
	Named
	Kind    string `json:"kind"`
	Version string `json:"version,omitempty"`
}

// ProofSnapshot is the copy that was restored. Rows is null for files.
type ProofSnapshot struct {
	ID       uuid.UUID `json:"id"`
	Manifest string    `json:"manifest"` // its id in the vault, for stock tools
	TakenAt  time.Time `json:"taken_at"`
	Bytes    int64     `json:"bytes"`
	Files    int64     `json:"files"`
	Tables   int64     `json:"tables"`
	Rows     *int64    `json:"rows"`
}

// Objectives are the plan's, and what the drill measured against them.
// RestoreMS is how long the restore took; LostSeconds is how old the copy was
// when the drill began: what would have been lost if the source had vanished then.
type Objectives struct {
	RTOSeconds  int64 `json:"rto_seconds"`
	RestoreMS   int64 `json:"restore_ms"`
	RTOMet      bool  `json:"rto_met"`
	RPOSeconds  int64 `json:"rpo_seconds"`
	LostSeconds int64 `json:"lost_seconds"`
	RPOMet      bool  `json:"rpo_met"`
}

// Check is one comparison of what was recorded with what was restored, over
// Total single things of which Good were the same.
type Check struct {
	Name     string `json:"name"`
	Group    string `json:"group"`
	Recorded string `json:"recorded"`
	Restored string `json:"restored"`
	Total    int    `json:"total"`
	Good     int    `json:"good"`
	OK       bool   `json:"ok"`
	Detail   string `json:"detail,omitempty"` // what differs
}

// Assertion is a query of the customer's own, which must answer true.
type Assertion struct {
	Name     string `json:"name"`
	Database string `json:"database"`
	Query    string `json:"query"`
	OK       bool   `json:"ok"`
	Detail   string `json:"detail,omitempty"`
}

// Proof is a signed document, as the JSON file that people download. Document
// holds the exact bytes that Signature signs. Fields holds a digest of each
// field, signed apart: it can't prove the document, it tells what was changed.
type Proof struct {
	Document        json.RawMessage   `json:"document"`
	Algorithm       string            `json:"algorithm"`
	KeyID           string            `json:"key_id"`
	PublicKey       string            `json:"public_key"`
	Signature       string            `json:"signature"`
	Fields          map[string]string `json:"fields"`
	FieldsSignature string            `json:"fields_signature"`
}

// Read gives what the proof says. It does not check the signature: VerifyFile does.
func (p Proof) Read() (doc Document, err error) {
	return doc, json.Unmarshal(p.Document, &doc)
}

// encode gives the canonical bytes: compact JSON, fields in the order of the
// type, HTML escaped, which is what re-encoding it as raw JSON leaves as it is.
func (d Document) encode() ([]byte, error) {
	raw, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("encode proof: %w", err)
	}
	return raw, nil
}

// settle counts the checks and decides whether the proof is passed: all of
// them good, at least one of them made.
func (d *Document) settle() {
	d.Total, d.Good, d.Passed = 0, 0, true
	for _, check := range d.Checks {
		d.Total += check.Total
		d.Good += check.Good
		d.Passed = d.Passed && check.OK && check.Good == check.Total
	}
	for _, assertion := range d.Assertions {
		d.Total++
		if assertion.OK {
			d.Good++
		}
		d.Passed = d.Passed && assertion.OK
	}
	d.Passed = d.Passed && d.Total > 0
}

// ProofID is the name of the drill's proof: prf_ and the id in 26 letters and digits.
func ProofID(drill uuid.UUID) string { return "prf_" + crockford(drill) }

// crockford writes the 128 bits without the letters I, L, O, U, which are misread.
func crockford(id uuid.UUID) string {
	return base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding).EncodeToString(id[:])
}
