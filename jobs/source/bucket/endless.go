package bucket

import (
	"levqor/jobs/fail"
)

// maxObjects is how many objects one source may hold.
const maxObjects = 50_000_000

// endless notices a listing that comes to no end: one that goes round in circles,
// by remembering ever later keys (a store need not keep any order), and one that is
// longer than any bucket that could be backed up.
type endless struct {
	seen  int
	mark  string
	again int // when the next key becomes the mark
}

func (e *endless) check(key string) error {
	switch {
	case e.seen > 0 && key == e.mark:
		return fail.Work(nil, fail.ClassConfig, "source.fail.listing_circles", "key", key)
	case e.seen >= maxObjects:
		return fail.Work(nil, fail.ClassConfig, "source.fail.too_many_objects", "max", maxObjects)
	}
	if e.seen++; e.seen > e.again {
		e.mark, e.again = key, 2*e.seen
	}
	return nil
}
