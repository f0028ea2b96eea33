package web

import (
	"github.com/gofiber/fiber/v2"

	"levqor/jobs/fail"
	"levqor/locales"
	"levqor/views/parts"
)

// RecoveryPath is where staff look after Levqor's own database.
const RecoveryPath = "/admin/recovery"

// OutOfQuarantine refuses what comes from outside while the installation stands in
// quarantine; its sender tries again.
func (s *Site) OutOfQuarantine(c *fiber.Ctx) error {
	shut, err := s.Services.Gate.Shut(c.UserContext())
	if err != nil {
		return err
	}
	if shut {
		c.Set(fiber.HeaderRetryAfter, "600")
		return fail.New(fail.Unavailable, "recovery.fail.quarantine")
	}
	return c.Next()
}

// banners are what is wrong with the installation: the quarantine for everybody on
// every page, a missing backup of our own database for staff on the first one.
func (s *Site) banners(c *fiber.Ctx) []parts.BannerProps {
	ctx, staff := c.UserContext(), Session(c).User.IsAdmin
	// They are no reason to fail a page: without an answer they stay away.
	if shut, err := s.Services.Gate.Shut(ctx); err != nil || !shut && !staff {
		return nil
	}
	state, err := s.Services.Recovery.State(ctx)
	if err != nil {
		return nil
	}
	banner := func(tone parts.Tone, text, action string) []parts.BannerProps {
		b := parts.BannerProps{Tone: tone, Text: parts.Words(text)}
		if staff && c.Path() != RecoveryPath {
			b.Action = parts.Action{Label: locales.T(ctx, action), URL: RecoveryPath}
		}
		return []parts.BannerProps{b}
	}
	switch {
	case state.Quarantine():
		at := ""
		if state.RecoveredFrom != nil {
			at = locales.DateTime(ctx, *state.RecoveredFrom)
		}
		return banner(parts.Warn, locales.T(ctx, "recovery.banner.quarantine", "at", at), "recovery.banner.quarantine_go")
	case c.Path() != "/" && c.Path() != RecoveryPath:
		return nil
	case state.Place == "":
		return banner(parts.Warn, locales.T(ctx, "recovery.banner.nowhere"), "recovery.banner.nowhere_go")
	case state.Late():
		return banner(parts.Warn, locales.T(ctx, "recovery.banner.late"), "recovery.banner.late_go")
	}
	return nil
}
