// Package settings is where people change themselves, their workspaces, and who
// may do what in them.
package settings

import (
	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/locales"
	"levqor/views/layout"
	views "levqor/views/settings"
)

// Mount adds the area's routes.
func Mount(r fiber.Router, s *web.Site) {
	r.Get("/settings", profile(s))
	r.Post("/settings", saveProfile(s))
	r.Post("/settings/appearance", saveAppearance(s))
	r.Get("/settings/audit", audit(s))
	r.Get("/settings/credentials", credentials(s))
	r.Post("/settings/credentials", addCredential(s))
	r.Post("/settings/credentials/:id/deletions", deleteCredential(s))
	r.Post("/settings/invitations", invite(s))
	r.Post("/settings/invitations/:id/revocations", revokeInvitation(s))
	r.Post("/settings/invitations/:id/sendings", sendInvitation(s))
	r.Get("/settings/keys", keys(s))
	r.Get("/settings/members", members(s))
	r.Post("/settings/members/:id/removals", removeMember(s))
	r.Post("/settings/members/:id/roles", setRole(s))
	r.Get("/settings/sessions", sessions(s))
	r.Post("/settings/sessions/revocations", revokeOtherSessions(s))
	r.Post("/settings/sessions/:id/revocations", revokeSession(s))
	r.Get("/settings/tokens", tokens(s))
	r.Post("/settings/tokens", createToken(s))
	r.Post("/settings/tokens/:id/revocations", revokeToken(s))
	r.Get("/settings/workspace", workspace(s))
	r.Post("/settings/workspace", saveWorkspace(s))
	r.Post("/workspaces", createWorkspace(s))
	r.Get("/workspaces/new", newWorkspace(s))
	r.Post("/workspaces/:id/visits", visit(s))
}

// base is what every page of the settings shares.
func base(s *web.Site, c *fiber.Ctx, current views.Tab) views.Base {
	ctx := c.UserContext()
	title := locales.T(ctx, "settings.title", "tab", current.Label(ctx))
	return views.Base{Frame: s.Frame(c, title, layout.NavSettings), Tab: current, Actor: web.Actor(c)}
}
