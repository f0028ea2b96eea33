package snapshots

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/backup"
	"levqor/jobs/fail"
	"levqor/jobs/source"
	views "levqor/views/snapshots"
)

const shownFiles = 100

// browse is GET /snapshots/{id}/files: a database's copy by its tables, unless
// view=files asks for what the vault holds.
func browse(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		one, truth, err := around(s, c, views.TabBrowse)
		if err != nil {
			return err
		}
		if truth.Postgres != nil && c.Query("view") != "files" {
			return browseTables(s, c, one, truth)
		}
		return browseFiles(s, c, one)
	}
}

// browseFiles shows ?path=…&after=…, or what a search for q found below path, and
// a file beside it.
func browseFiles(s *web.Site, c *fiber.Ctx, one views.One) (err error) {
	ctx, actor, id := c.UserContext(), web.Actor(c), one.Snapshot.ID
	p := views.Files{One: one, After: c.Query("after"), Search: c.Query("q")}
	var found backup.Listing
	if p.Search != "" {
		found, err = s.Services.Backups.Find(ctx, actor, id, c.Query("path"), p.Search)
	} else {
		found, err = s.Services.Backups.Files(ctx, actor, id, c.Query("path"), p.After, shownFiles)
	}
	if err != nil {
		return err
	}
	p.Dir, p.Entries, p.More = found.Dir, found.Entries, found.More
	if name := c.Query("file"); name != "" {
		peek, err := s.Services.Backups.Peek(ctx, actor, id, name)
		if err != nil {
			return err
		}
		p.Peek = &peek
	}
	return web.Render(c, fiber.StatusOK, views.Browse(p))
}

// browseTables shows ?database=…&schema=…, or what a search for q found, and a
// table beside it.
func browseTables(s *web.Site, c *fiber.Ctx, one views.One, truth source.Truth) (err error) {
	ctx, actor := c.UserContext(), web.Actor(c)
	p := &views.Tables{One: one, Truth: truth, Database: c.Query("database"), Schema: c.Query("schema"), Search: c.Query("q"), Table: c.Query("table")}
	p.From, _ = strconv.Atoi(c.Query("from"))
	p.From = max(0, p.From)
	if !p.Settle() {
		return fail.New(fail.NotFound, "fail.not_found")
	}
	if p.Since, err = s.Services.Backups.Since(ctx, actor, one.Snapshot.ID); err != nil {
		return err
	}
	if database, t, ok := p.Open(); ok && t.Object != "" && t.Rows > 0 && one.There() {
		head, err := s.Services.Backups.PeekTable(ctx, actor, one.Snapshot.ID, database, t.Schema, t.Name)
		if err != nil {
			return err
		}
		p.Peek = &head
	}
	return web.Render(c, fiber.StatusOK, views.BrowseTables(p))
}
