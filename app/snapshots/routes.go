// Package snapshots serves the copies that backups left: all of them, one, its
// files and tables, downloads, holds and deletion.
package snapshots

import (
	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
)

// Mount adds the area's routes.
func Mount(r fiber.Router, s *web.Site) {
	r.Post("/holds", holdChosen(s))
	r.Post("/holds/:id/releases", release(s))
	r.Get("/snapshots", list(s))
	r.Get("/snapshots/:id", show(s))
	r.Get("/snapshots/:id/changes", changes(s))
	r.Post("/snapshots/:id/deletions", remove(s))
	r.Get("/snapshots/:id/download.zip", archive(s))
	r.Post("/snapshots/:id/download.zip", archive(s)) // a form may choose more than an address holds
	r.Get("/snapshots/:id/files", browse(s))
	r.Get("/snapshots/:id/files/download", download(s))
	r.Post("/snapshots/:id/holds", hold(s))
}
