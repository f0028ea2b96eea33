package api

import (
	"bytes"
	"cmp"
	"slices"
	"time"

	"github.com/google/uuid"

	"levqor/app/web"
	"levqor/jobs/fail"
)

// Page is one piece of a list.
type Page[T any] struct {
	Items []T     `json:"items"`
	Next  *string `json:"next" doc:"Give it back as cursor, of files as after, to go on; null at the end."`
}

// Paging is what every list takes.
type Paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many at most."`
	Cursor string `query:"cursor" maxLength:"100" doc:"The next of the page before."`
}

// mark is the place of a row in a list that is newest first.
type mark struct {
	At time.Time
	ID uuid.UUID
}

// mark reads the cursor; the zero mark is before the newest row.
func (p Paging) mark() (mark, error) {
	if p.Cursor == "" {
		return mark{}, nil
	}
	at, id, ok := web.ReadCursor(p.Cursor)
	if !ok {
		return mark{}, &fail.Error{Kind: fail.Invalid, Key: "fail.form", Fields: []fail.Field{{Name: "cursor", Key: "api.field.cursor"}}}
	}
	return mark{at, id}, nil
}

// mostRows is the largest limit, here and in the domain.
const mostRows = 200

// pageOf shows rows that were asked for with one more than the limit, which says
// that there are more. At the largest limit a full page says so.
func pageOf[Row, T any](rows []Row, limit int, show func(Row) T, place func(Row) mark) *listed[T] {
	page := Page[T]{Items: []T{}}
	if len(rows) > limit || len(rows) == mostRows {
		rows = rows[:limit]
		last := place(rows[limit-1])
		next := web.Cursor(last.At, last.ID)
		page.Next = &next
	}
	for _, row := range rows {
		page.Items = append(page.Items, show(row))
	}
	return &listed[T]{Body: page}
}

// sliceOf is a page of what the domain gives as a whole, newest first as all lists.
func sliceOf[Row, T any](rows []Row, in Paging, show func(Row) T, place func(Row) mark) (*listed[T], error) {
	after, err := in.mark()
	if err != nil {
		return nil, err
	}
	slices.SortFunc(rows, func(a, b Row) int { return place(b).compare(place(a)) })
	rest := slices.DeleteFunc(rows, func(row Row) bool { return in.Cursor != "" && place(row).compare(after) >= 0 })
	return pageOf(rest, in.Limit, show, place), nil
}

func (m mark) compare(other mark) int {
	return cmp.Or(m.At.Compare(other.At), bytes.Compare(m.ID[:], other.ID[:]))
}
