package api

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"slices"
	"time"

	"github.com/google/uuid"

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

const markBytes = 8 + 16

func (m mark) cursor() string {
	raw := binary.BigEndian.AppendUint64(make([]byte, 0, markBytes), uint64(m.At.UnixMicro()))
	return base64.RawURLEncoding.EncodeToString(append(raw, m.ID[:]...))
}

// mark reads the cursor; the zero mark is the newest row's.
func (p Paging) mark() (m mark, err error) {
	if p.Cursor == "" {
		return mark{}, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(p.Cursor)
	if err != nil || len(raw) != markBytes {
		return mark{}, badCursor()
	}
	m = mark{At: time.UnixMicro(int64(binary.BigEndian.Uint64(raw))).UTC(), ID: uuid.UUID(raw[8:])}
	if m.At.Year() < 2000 || m.At.Year() > 9999 {
		return mark{}, badCursor()
	}
	return m, nil
}

func badCursor() error {
	return &fail.Error{Kind: fail.Invalid, Key: "fail.form", Fields: []fail.Field{{Name: "cursor", Key: "api.field.cursor"}}}
}

// mostRows is the largest limit, here and in the domain.
const mostRows = 200

// pageOf shows rows that were asked for with one more than the limit, which says
// that there are more. At the largest limit a full page says so.
func pageOf[Row, T any](rows []Row, limit int, show func(Row) T, place func(Row) mark) *listed[T] {
	page := Page[T]{Items: []T{}}
	if len(rows) > limit || len(rows) == mostRows {
		rows = rows[:limit]
		next := place(rows[limit-1]).cursor()
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
