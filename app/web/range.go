package web

import (
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// rangeOf is the part of a file that the request asks for, and says so in the
// answer: everything unless it is one range of the content that the reader knows.
// length is -1 when the file has no such bytes.
func rangeOf(c *fiber.Ctx, etag string, size int64) (from, length int64) {
	c.Set(fiber.HeaderAcceptRanges, "bytes")
	known := c.Get(fiber.HeaderIfRange)
	from, last, ok := parseRange(c.Get(fiber.HeaderRange), size)
	total := strconv.FormatInt(size, 10)
	switch {
	case !ok || known != "" && known != etag:
		return 0, size
	case from >= size:
		c.Set(fiber.HeaderContentRange, "bytes */"+total)
		return 0, -1
	}
	c.Status(fiber.StatusPartialContent)
	c.Set(fiber.HeaderContentRange, "bytes "+strconv.FormatInt(from, 10)+"-"+strconv.FormatInt(last, 10)+"/"+total)
	return from, last - from + 1
}

// parseRange reads "bytes=0-99", "bytes=100-" and "bytes=-100". What is none of
// these, or several, is not ok and to be ignored, as RFC 9110 allows.
func parseRange(text string, size int64) (from, last int64, ok bool) {
	text, isBytes := strings.CutPrefix(text, "bytes=")
	first, second, isRange := strings.Cut(text, "-")
	if !isBytes || !isRange {
		return 0, 0, false
	}
	if first == "" {
		n, err := strconv.ParseInt(second, 10, 64)
		if n == 0 {
			return size, 0, err == nil
		}
		return max(0, size-n), size - 1, err == nil && n > 0
	}
	from, err := strconv.ParseInt(first, 10, 64)
	last = size - 1
	if err == nil && second != "" {
		last, err = strconv.ParseInt(second, 10, 64)
		last = min(last, size-1)
	}
	return from, last, err == nil && from >= 0 && (last >= from || from >= size)
}
