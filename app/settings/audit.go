package settings

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/fail"
	views "levqor/views/settings"
)

const auditPage = 50

// audit shows a page of who did what, newest first. One entry more than the page
// tells whether there are older ones.
func audit(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		before, err := strconv.ParseInt(c.Query("before", "0"), 10, 64)
		if err != nil || before < 0 {
			return fail.New(fail.NotFound, "fail.not_found")
		}
		entries, err := s.Services.AuditLog(c.UserContext(), web.Actor(c), before, auditPage+1)
		if err != nil {
			return err
		}
		p := views.AuditPage{Base: base(s, c, views.TabAudit), Entries: entries, Paged: before > 0}
		if len(entries) > auditPage {
			p.Entries = entries[:auditPage]
			p.Older = p.Entries[auditPage-1].ID
		}
		return web.Render(c, fiber.StatusOK, views.Audit(p))
	}
}
