// Package admin is for the staff who run Levqor.
package admin

import (
	"fmt"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"
	"riverqueue.com/riverui"

	"levqor/app/web"
	"levqor/jobs/audit"
	"levqor/jobs/fail"
)

const jobsPrefix = "/admin/jobs"

// dashboardPolicy is what River's own page needs beyond ours: it styles inline.
const dashboardPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
	"font-src 'self' data:; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// Mount adds the area's pages, and the job dashboard at /admin/jobs. River's dashboard has no roles,
// no audit and no CSRF guard of its own, so all three stand before it.
func Mount(r fiber.Router, s *web.Site) error {
	client := s.Services.Queue.Client()
	dashboard, err := riverui.NewHandler(&riverui.HandlerOpts{
		Endpoints:                riverui.NewEndpoints(client, nil),
		JobListHideArgsByDefault: true,
		Logger:                   s.Services.Log,
		Prefix:                   jobsPrefix,
	})
	if err != nil {
		return fmt.Errorf("job dashboard: %w", err)
	}
	if err := dashboard.Start(s.Stop); err != nil {
		return fmt.Errorf("job dashboard: %w", err)
	}
	serve := adaptor.HTTPHandler(dashboard)
	guard := []fiber.Handler{adminOnly, auditWrites(s), func(c *fiber.Ctx) error {
		if err := serve(c); err != nil {
			return err
		}
		c.Set("Content-Security-Policy", dashboardPolicy)
		return nil
	}}
	mountRecovery(r, s)
	r.All(jobsPrefix, guard...)
	r.All(jobsPrefix+"/*", guard...)
	return nil
}

// adminOnly hides the area from everybody else.
func adminOnly(c *fiber.Ctx) error {
	if !web.Session(c).User.IsAdmin {
		return fail.New(fail.NotFound, "fail.not_found")
	}
	return c.Next()
}

func auditWrites(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if c.Method() == fiber.MethodGet || c.Method() == fiber.MethodHead {
			return c.Next()
		}
		actor := web.AdminActor(c)
		if err := s.Services.AuditSystem(c.UserContext(), actor, audit.Event{
			Action: "admin.jobs_changed", SubjectKind: "jobs", SubjectID: c.Method() + " " + strings.TrimPrefix(c.Path(), jobsPrefix),
			Detail: detailOf(c.BodyRaw()),
		}); err != nil {
			return err
		}
		return c.Next()
	}
}

// detailOf is as much of a write's body as the log keeps: the jobs' ids, a queue's
// new limit.
func detailOf(body []byte) map[string]any {
	if len(body) == 0 {
		return nil
	}
	text := strings.ReplaceAll(string(body[:min(len(body), 2000)]), "\x00", "")
	return map[string]any{"body": strings.ToValidUTF8(text, "")}
}
