package source

import (
	"context"
	"errors"
	"time"

	"levqor/jobs/fail"
)

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
	Notes     []Note `json:"notes,omitempty"`
}

// stepNames of each kind, in the order in which they are tried.
func stepNames(kind Kind) []string {
	switch kind {
	case Folder:
		return []string{"allowed", "exists", "readable", "count"}
	case Postgres:
		return []string{"dns", "tcp", "tls", "login", "privilege", "version", "rehearse"}
	}
	return []string{"dns", "tcp", "tls", "credentials", "bucket", "list", "read"}
}

func untested(kind Kind) []Step {
	var all []Step
	for _, name := range stepNames(kind) {
		all = append(all, Step{Name: name, State: StepUntested})
	}
	return all
}

// fail notes why the step failed, in the words of the failure.
func (s *Step) fail(err error) {
	s.State, s.Key, s.Args = StepFailed, "fail.internal", nil
	if f, ok := errors.AsType[*fail.Error](err); ok {
		s.Key, s.Args = f.Key, f.Args
	}
}

// stepTime bounds a step: a firewall that drops packets answers never.
const stepTime = 30 * time.Second

// try is how one step is tried; what it finds goes into the step.
type try func(ctx context.Context, s *Step) error

// runSteps tries the steps in their order and reports each; the first failure ends it.
func runSteps(ctx context.Context, kind Kind, tries map[string]try, report func(Step)) error {
	for _, name := range stepNames(kind) {
		s := Step{Name: name, State: StepOK, Key: "source.found." + name, Args: map[string]any{}}
		start := time.Now()
		err := within(ctx, stepTime, func(ctx context.Context) error { return tries[name](ctx, &s) })
		s.Took = time.Since(start)
		if err != nil {
			s.fail(err)
		}
		report(s)
		if err != nil {
			return err
		}
	}
	return nil
}

func within(ctx context.Context, limit time.Duration, fn func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return fn(ctx)
}
