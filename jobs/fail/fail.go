// Package fail is the one kind of error that crosses a boundary of Levqor.
//
// A failure carries a Kind (what the edge answers), a locale key (what a person
// reads), arguments for that text, and the wrapped cause (what the log keeps).
// An error of any other type is internal: logged with its request id, hidden.
package fail

import (
	"errors"
	"fmt"
)

// Kind says what sort of failure it is; the edge turns it into a status.
type Kind string

const (
	Canceled        Kind = "canceled"        // a person or a newer claim stopped the work
	Conflict        Kind = "conflict"        // 409: the state does not allow it
	Forbidden       Kind = "forbidden"       // 403
	Internal        Kind = "internal"        // 500
	Invalid         Kind = "invalid"         // 422: the input is wrong, fields say where
	NotFound        Kind = "not_found"       // 404, also for what another workspace owns
	StepUp          Kind = "step_up"         // 403: confirm it is you, then try again
	TooLarge        Kind = "too_large"       // 413
	TooMany         Kind = "too_many"        // 429
	Unauthenticated Kind = "unauthenticated" // 401
	Unavailable     Kind = "unavailable"     // 503
	Upstream        Kind = "upstream"        // 502: something outside refused or broke
)

// Class says why long work failed, so that a plan can show the mend and the
// queue can tell what is worth another try.
type Class string

const (
	ClassCanceled    Class = "canceled"
	ClassConfig      Class = "config"      // the settings can never work as they are
	ClassCredentials Class = "credentials" // refused login, missing privilege
	ClassDamaged     Class = "damaged"     // stored data does not match its hash
	ClassGone        Class = "gone"        // the source or the target is not there
	ClassInternal    Class = "internal"    // a fault of ours
	ClassQuota       Class = "quota"       // disk, bucket or allowance is full
	ClassTransient   Class = "transient"   // network, restart, lock: try again
)

// Field is one wrong input. Key is a locale key.
type Field struct {
	Name string
	Key  string
	Args map[string]any
}

// Error is a failure that a person may see. Key names a locale entry with a
// `text` and, where something can be done, a `mend`.
type Error struct {
	Kind   Kind
	Class  Class
	Key    string
	Args   map[string]any
	Fields []Field
	cause  error
}

// New returns a failure without a cause. Pairs are name, value, name, value.
func New(kind Kind, key string, pairs ...any) *Error {
	return &Error{Kind: kind, Key: key, Args: args(pairs)}
}

// Wrap is New with a cause, which only the log shows.
func Wrap(cause error, kind Kind, key string, pairs ...any) *Error {
	return &Error{Kind: kind, Key: key, Args: args(pairs), cause: cause}
}

// Work is a failure of long work with its class; its kind is Upstream.
func Work(cause error, class Class, key string, pairs ...any) *Error {
	return &Error{Kind: Upstream, Class: class, Key: key, Args: args(pairs), cause: cause}
}

func (e *Error) Error() string {
	if e.cause == nil {
		return e.Key
	}
	return e.Key + ": " + e.cause.Error()
}

func (e *Error) Unwrap() error { return e.cause }

// KindOf is Internal for every error that is not ours.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// ClassOf is ClassInternal for every error that does not say its class.
func ClassOf(err error) Class {
	if e, ok := errors.AsType[*Error](err); ok && e.Class != "" {
		return e.Class
	}
	return ClassInternal
}

// Is reports whether err is a failure of that kind.
func Is(err error, kind Kind) bool { return err != nil && KindOf(err) == kind }

func args(pairs []any) map[string]any {
	if len(pairs) == 0 {
		return nil
	}
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		m[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return m
}
