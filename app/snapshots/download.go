package snapshots

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strings"

	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/jobs/fail"
	views "levqor/views/snapshots"
)

// download is GET /snapshots/{id}/files/download?path=…: one file, or the part of
// it that Range asks for.
func download(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		id, err := web.ID(c, "id")
		if err != nil {
			return err
		}
		// The file is read after this handler returned: until the process stops.
		file, err := s.Services.Backups.OpenFile(s.Stop, web.Actor(c), id, c.Query("path"))
		if err != nil {
			return err
		}
		sum := sha256.Sum256([]byte(id.String() + "/" + file.Entry.Path)) // a snapshot never changes
		return s.SendFile(c, web.Grant{Actor: web.Actor(c), Power: account.View}, views.Readable(file.Entry.Name), `"`+hex.EncodeToString(sum[:16])+`"`, file.Entry.Size, file)
	}
}

const mostPaths = 1000

// archive is /snapshots/{id}/download.zip?path=…&path=…: those files and folders,
// or everything, as a zip that is made while it is read.
func archive(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		id, err := web.ID(c, "id")
		if err != nil {
			return err
		}
		var paths []string
		for _, raw := range append(c.Context().QueryArgs().PeekMulti("path"), c.Context().PostArgs().PeekMulti("path")...) {
			paths = append(paths, strings.Clone(string(raw)))
		}
		if len(paths) > mostPaths {
			return fail.New(fail.TooLarge, "fail.too_large")
		}
		if c.Method() == fiber.MethodPost && len(paths) == 0 {
			return fail.New(fail.Invalid, "snapshots.fail.none_chosen")
		}
		made, err := s.Services.Backups.OpenArchive(s.Stop, web.Actor(c), id, paths)
		if err != nil {
			return err
		}
		return s.Stream(c, web.Grant{Actor: web.Actor(c), Power: account.View}, made.Name, func(ctx context.Context, w io.Writer) error {
			defer func() { _ = made.Close(ctx) }()
			return made.WriteZip(ctx, w)
		})
	}
}
