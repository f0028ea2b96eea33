package web

import (
	"bufio"
	"context"
	"errors"
	"io"
	"mime"
	"net/url"
	"path"
	"strings"

	"github.com/gofiber/fiber/v2"
)

const pieceBytes = 64 << 10

// Stream answers with a file to save that write makes while it is read, in
// bounded memory. When write fails midway the connection is cut: a reader sees a
// broken transfer, never a short file that looks whole. write may run until the
// process stops or the grant ends, long after the request's own deadline.
func (s *Site) Stream(c *fiber.Ctx, g Grant, name string, write func(ctx context.Context, w io.Writer) error) error {
	attach(c, name)
	ctx, cancel := s.While(g)
	out, in := io.Pipe()
	context.AfterFunc(ctx, func() { _ = in.CloseWithError(context.Cause(ctx)) })
	id := RequestID(c)
	go func() {
		defer cancel() // by then the pipe is closed with what came of it
		buffered := bufio.NewWriterSize(in, pieceBytes)
		err := write(ctx, buffered)
		if err == nil {
			err = buffered.Flush()
		}
		if err != nil && !errors.Is(err, io.ErrClosedPipe) {
			s.Services.Log.ErrorContext(ctx, "download broke off", "request", id, "error", err)
		}
		_ = in.CloseWithError(err)
	}()
	c.Context().SetBodyStream(out, -1)
	return nil
}

// SendFile answers with a file to save, or with the part of it that Range asks
// for. etag names its content. What can't be read from the start is a failure
// with a page; what breaks later, or
// outlasts the grant, cuts the connection.
func (s *Site) SendFile(c *fiber.Ctx, g Grant, name, etag string, size int64, file io.ReadSeekCloser) error {
	from, length := rangeOf(c, etag, size)
	if length < 0 {
		return errors.Join(c.SendStatus(fiber.StatusRequestedRangeNotSatisfiable), file.Close())
	}
	var err error
	if from > 0 {
		_, err = file.Seek(from, io.SeekStart)
	}
	body := bufio.NewReaderSize(io.LimitReader(file, length), pieceBytes)
	if err == nil && length > 0 {
		_, err = body.Peek(1)
	}
	if err != nil {
		return errors.Join(err, file.Close())
	}
	attach(c, name)
	c.Set(fiber.HeaderETag, etag)
	ctx, cancel := s.While(g)
	c.Context().SetBodyStream(whileReader{body, closer(func() error { cancel(); return file.Close() }), ctx}, int(length))
	return nil
}

// closer closes by what it is.
type closer func() error

func (c closer) Close() error { return c() }

// attach says that the answer is a file to save under that name, in any script.
func attach(c *fiber.Ctx, name string) {
	plain := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || strings.ContainsRune(`"\/%`, r) {
			return '_'
		}
		return r
	}, name)
	kind := mime.TypeByExtension(path.Ext(name))
	if kind == "" || strings.Contains(kind, "html") || strings.Contains(kind, "svg") || strings.Contains(kind, "xml") {
		kind = fiber.MIMEOctetStream // never a page of ours
	}
	c.Set(fiber.HeaderContentType, kind)
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="`+plain+`"; filename*=UTF-8''`+escapeName(name))
}

// escapeName is the name in percent signs, as RFC 8187 asks.
func escapeName(name string) string {
	return strings.NewReplacer("+", "%20", "*", "%2A", "'", "%27", "(", "%28", ")", "%29").Replace(url.QueryEscape(strings.ToValidUTF8(name, "_")))
}
