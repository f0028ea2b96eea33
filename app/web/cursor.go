package web

import (
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"levqor/jobs/fail"
	"levqor/views/parts"
)

// Cursor is where a list that goes back in time goes on, as one word for an
// address: the moment and the id of the last row seen.
func Cursor(at time.Time, id uuid.UUID) string {
	return strconv.FormatInt(at.UnixMicro(), 36) + "-" + id.String()
}

// ReadCursor is the moment and id of a cursor; ok is false for what is none.
func ReadCursor(text string) (at time.Time, id uuid.UUID, ok bool) {
	moment, rest, _ := strings.Cut(text, "-")
	micro, err := strconv.ParseInt(moment, 36, 64)
	if err != nil || micro < 0 || micro > 1<<53 {
		return time.Time{}, uuid.Nil, false
	}
	id, err = uuid.Parse(rest)
	return time.UnixMicro(micro).UTC(), id, err == nil
}

// Before reads ?before=, the cursor of a list; zero values for its beginning.
func Before(c *fiber.Ctx) (at time.Time, id uuid.UUID, err error) {
	text := c.Query("before")
	if text == "" {
		return time.Time{}, uuid.Nil, nil
	}
	at, id, ok := ReadCursor(text)
	if !ok {
		return time.Time{}, uuid.Nil, fail.New(fail.NotFound, "fail.not_found")
	}
	return at, id, nil
}

// PageSize is how many rows such a list shows at once.
const PageSize = 50

// Page cuts rows, of which one more than PageSize was asked for, and links the
// pages before and after this one of the list at path. cursor is that of a row.
func Page[T any](c *fiber.Ctx, path string, rows []T, cursor func(T) string) (shown []T, links parts.PageProps) {
	if c.Query("before") != "" {
		links.Newest = With(c, path, "before", "")
	}
	if len(rows) > PageSize {
		rows = rows[:PageSize]
		links.Older = With(c, path, "before", cursor(rows[PageSize-1]))
	}
	return rows, links
}

// QueryID reads an id from the address; uuid.Nil when it is not there.
func QueryID(c *fiber.Ctx, name string) (uuid.UUID, error) {
	text := c.Query(name)
	if text == "" {
		return uuid.Nil, nil
	}
	id, err := uuid.Parse(text)
	if err != nil {
		return uuid.Nil, fail.New(fail.NotFound, "fail.not_found")
	}
	return id, nil
}
