package settings

import (
	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/jobs/fail"
	"levqor/locales"
	"levqor/views/parts"
	views "levqor/views/settings"
)

func workspace(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if err := web.Actor(c).Require(account.View); err != nil {
			return err
		}
		now := web.Session(c).Workspace
		return showWorkspace(s, c, account.WorkspaceInput{Name: now.Name, TimeZone: now.TimeZone}, nil)
	}
}

func saveWorkspace(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		in := account.WorkspaceInput{Name: c.FormValue("name"), TimeZone: c.FormValue("time_zone")}
		err := s.Services.Accounts.SaveWorkspace(c.UserContext(), web.Actor(c), in)
		if fail.Is(err, fail.Invalid) {
			return showWorkspace(s, c, in, err)
		}
		return saved(s, c, err, "/settings/workspace")
	}
}

func showWorkspace(s *web.Site, c *fiber.Ctx, in account.WorkspaceInput, err error) error {
	session := web.Session(c)
	return web.Render(c, statusOf(err), views.Workspace(views.WorkspacePage{
		Base: base(s, c, views.TabWorkspace), Input: in, All: session.Workspaces, Current: session.Workspace.ID,
		Problems: parts.ProblemsOf(c.UserContext(), err),
	}))
}

func newWorkspace(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		return showNewWorkspace(s, c, account.WorkspaceInput{TimeZone: web.Session(c).User.TimeZone}, nil)
	}
}

func createWorkspace(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		in := account.WorkspaceInput{Name: c.FormValue("name"), TimeZone: c.FormValue("time_zone")}
		_, err := s.Services.Accounts.CreateWorkspace(c.UserContext(), web.Session(c), in)
		if fail.Is(err, fail.Invalid) {
			return showNewWorkspace(s, c, in, err)
		}
		if err != nil {
			return err
		}
		s.Say(c, parts.Good, locales.T(c.UserContext(), "settings.new.made"))
		return web.Go(c, "/")
	}
}

func showNewWorkspace(s *web.Site, c *fiber.Ctx, in account.WorkspaceInput, err error) error {
	ctx := c.UserContext()
	return web.Render(c, statusOf(err), views.NewWorkspace(views.NewWorkspacePage{
		Sheet: s.Sheet(c, locales.T(ctx, "settings.new.title")), Input: in, Problems: parts.ProblemsOf(ctx, err),
		Email: web.Session(c).User.Email, HasOthers: len(web.Session(c).Workspaces) > 0,
	}))
}

// visit makes this session look at another of the person's workspaces.
func visit(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		id, err := web.ID(c, "id")
		if err != nil {
			return err
		}
		if err := s.Services.Accounts.Visit(c.UserContext(), web.Session(c), id); err != nil {
			return err
		}
		return web.Go(c, "/")
	}
}
