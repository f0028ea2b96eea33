package postgres

import (
	"context"
	"errors"
	"io"
	"time"

	"levqor/jobs/db/embedded"
)

// Step is one step of a connection test, in order: dns tcp tls login privilege version.
type Step struct {
	Name    string         `json:"name"`
	State   string         `json:"state"` // ok failed skipped
	Took    time.Duration  `json:"took"`
	Key     string         `json:"key"` // locale key; of a failed step a failure's, with text and mend
	Args    map[string]any `json:"args,omitempty"`
	MendSQL string         `json:"mend_sql,omitempty"`
}

// Facts are what a test learned of a server.
type Facts struct {
	Version   string `json:"version"`
	Databases int    `json:"databases"`
	Tables    int    `json:"tables"`
	Bytes     int64  `json:"bytes"`
}

type Put func(ctx context.Context, path string, r io.Reader) (int64, error)
type Open func(ctx context.Context, path string) (io.ReadCloser, error)

type TableName struct{ Database, Schema, Name string }

type Target struct {
	Config
	Names        map[string]string // database of the copy → its new name; databases not named here are not restored; empty = all under their own names
	Only         []TableName       // empty: all tables
	Jobs         int               // 0: 2
	DropExisting bool
}

type Note struct {
	Key  string         `json:"key"`
	Args map[string]any `json:"args,omitempty"`
}

type Restored struct {
	Names map[string]string // database of the copy → where it is now
	Kept  map[string]string // replaced database → under which name its old state is kept
	Rows  int64
	Notes []Note
}

type Check struct {
	Group    string `json:"group"` // databases roles rows hash objects assertion
	Name     string `json:"name"`
	Recorded string `json:"recorded"`
	Restored string `json:"restored"`
	OK       bool   `json:"ok"`
	Detail   string `json:"detail,omitempty"`
}

type Assertion struct {
	Name string `json:"name"`
	SQL  string `json:"sql"`
}

func Test(ctx context.Context, c Config, report func(Step)) (Facts, error) {
	return Facts{}, errors.ErrUnsupported
}
func GrantSQL(user, password string) string        { return "" }
func GrantSQLBefore14(user, password string) string { return "" }
func Dump(ctx context.Context, c Config, now time.Time, put Put, p *Progress) (Truth, error) {
	return Truth{}, errors.ErrUnsupported
}
func Restore(ctx context.Context, t Target, truth Truth, open Open, now time.Time, p *Progress) (Restored, error) {
	return Restored{}, errors.ErrUnsupported
}
func Compare(ctx context.Context, c Config, names map[string]string, truth Truth, p *Progress) ([]Check, error) {
	return nil, errors.ErrUnsupported
}
func Assert(ctx context.Context, c Config, database string, assertions []Assertion, snapshotTime time.Time) ([]Check, error) {
	return nil, errors.ErrUnsupported
}
func Sample(ctx context.Context, adminURL string, rows int) error { return errors.ErrUnsupported }
func Scratch(ctx context.Context, dir string, bin embedded.Binaries) (Config, func(context.Context) error, error) {
	return Config{}, nil, errors.ErrUnsupported
}
