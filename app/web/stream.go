package web

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"mime"
	"strings"

	"github.com/gofiber/fiber/v2"
)

const streamBuffer = 64 << 10

// SendFile answers with a file to save, of known size. When reading fails the
// connection breaks off before the end, so that nobody takes a part for the
// whole. r is closed when the answer ends.
func SendFile(c *fiber.Ctx, name string, r io.ReadCloser, size int64) error {
	attach(c, name, fiber.MIMEOctetStream)
	c.Context().SetBodyStream(r, int(size))
	return nil
}

// SendMade answers with a file to save that write makes meanwhile; its error
// breaks the connection off as in SendFile. ctx ends with the process, not with
// the request: a large file takes as long as it takes.
func (s *Site) SendMade(c *fiber.Ctx, name, contentType string, write func(ctx context.Context, w io.Writer) error) error {
	attach(c, name, contentType)
	out, in := io.Pipe()
	go func() { _ = in.CloseWithError(s.fill(in, write)) }() // never fails; nil means the end
	c.Context().SetBodyStream(out, -1)
	return nil
}

// fill runs outside of the request, so that nobody else would catch its panic.
func (s *Site) fill(w io.Writer, write func(ctx context.Context, w io.Writer) error) (err error) {
	defer func() {
		if broken := recover(); broken != nil {
			err = fmt.Errorf("make a download: %v", broken)
			s.Services.Log.Error("download broke", "error", err)
		}
	}()
	buffered := bufio.NewWriterSize(w, streamBuffer)
	if err := write(s.Stop, buffered); err != nil {
		return err
	}
	return buffered.Flush()
}

// attach says that the answer is a file of that name. It is never shown in place:
// what customers back up may be a page with scripts.
func attach(c *fiber.Ctx, name, contentType string) {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`/\`, r) {
			return '_'
		}
		return r
	}, name)
	c.Set(fiber.HeaderContentType, contentType)
	c.Set(fiber.HeaderContentDisposition, mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	c.Set("Content-Security-Policy", "sandbox")
}
