package settings

import (
	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/jobs/fail"
	"levqor/locales"
	"levqor/views/parts"
	views "levqor/views/settings"
)

const membersPath = "/settings/members"

func members(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error { return showMembers(s, c, views.InviteForm{Role: account.RoleViewer}, nil) }
}

// removeMember takes access away; who removes themselves leaves.
func removeMember(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		id, err := web.ID(c, "id")
		if err != nil {
			return err
		}
		err = s.Services.Accounts.RemoveMember(c.UserContext(), web.Actor(c), id)
		if err == nil && id == web.Actor(c).ID {
			s.Say(c, parts.Good, locales.T(c.UserContext(), "settings.members.left"))
			return web.Go(c, "/")
		}
		return membersChanged(s, c, err, "settings.members.removed")
	}
}

func setRole(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		id, err := web.ID(c, "id")
		if err != nil {
			return err
		}
		err = s.Services.Accounts.SetRole(c.UserContext(), web.Actor(c), id, account.Role(c.FormValue("role")))
		return membersChanged(s, c, err, "settings.saved")
	}
}

func invite(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx := c.UserContext()
		form := views.InviteForm{Email: c.FormValue("email"), Role: account.Role(c.FormValue("role"))}
		err := s.Services.Accounts.Invite(ctx, web.Actor(c), form.Email, form.Role, locales.Lang(ctx))
		if fail.Is(err, fail.Invalid) || fail.Is(err, fail.Conflict) || fail.Is(err, fail.TooMany) {
			return showMembers(s, c, form, err)
		}
		return membersChanged(s, c, err, "settings.members.invited")
	}
}

func sendInvitation(s *web.Site) fiber.Handler {
	return invitationAction(s, "settings.members.sent_again", func(c *fiber.Ctx, id uuid.UUID) error {
		return s.Services.Accounts.Reinvite(c.UserContext(), web.Actor(c), id, locales.Lang(c.UserContext()))
	})
}

func revokeInvitation(s *web.Site) fiber.Handler {
	return invitationAction(s, "settings.members.taken_back", func(c *fiber.Ctx, id uuid.UUID) error {
		return s.Services.Accounts.RevokeInvitation(c.UserContext(), web.Actor(c), id)
	})
}

func invitationAction(s *web.Site, done string, act func(*fiber.Ctx, uuid.UUID) error) fiber.Handler {
	return func(c *fiber.Ctx) error {
		id, err := web.ID(c, "id")
		if err != nil {
			return err
		}
		return membersChanged(s, c, act(c, id), done)
	}
}

// membersChanged shows the list again, with what refused the change if anything did.
func membersChanged(s *web.Site, c *fiber.Ctx, err error, done string) error {
	if fail.Is(err, fail.Conflict) || fail.Is(err, fail.Invalid) || fail.Is(err, fail.TooMany) {
		return showMembers(s, c, views.InviteForm{Role: account.RoleViewer}, err)
	}
	if err != nil {
		return err
	}
	s.Say(c, parts.Good, locales.T(c.UserContext(), done))
	return web.Go(c, membersPath)
}

func showMembers(s *web.Site, c *fiber.Ctx, form views.InviteForm, refused error) error {
	ctx, actor := c.UserContext(), web.Actor(c)
	list, err := s.Services.Accounts.Members(ctx, actor)
	if err != nil {
		return err
	}
	var waiting []account.Invitation
	if actor.Can(account.Manage) {
		if waiting, err = s.Services.Accounts.Invitations(ctx, actor); err != nil {
			return err
		}
	}
	return web.Render(c, statusOf(refused), views.Members(views.MembersPage{
		Base: base(s, c, views.TabMembers), Members: list, Waiting: waiting, Form: form, Problems: parts.ProblemsOf(ctx, refused),
	}))
}
