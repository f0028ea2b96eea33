package web

import (
	"encoding/base64"
	"encoding/json"

	"github.com/gofiber/fiber/v2"

	"levqor/jobs/account"
	"levqor/views/layout"
	"levqor/views/parts"
)

// Frame is what stands around a page of the signed-in person. topics are the
// live topics that the page's parts follow.
func (s *Site) Frame(c *fiber.Ctx, title string, current layout.Nav, topics ...string) layout.Frame {
	session := Session(c)
	f := layout.Frame{
		Title: title, Current: current, Topics: append([]string{"alerts"}, topics...), Path: c.OriginalURL(), Toasts: s.takeToasts(c),
		UserName: session.User.Name, Email: session.User.Email, Theme: layout.Theme(session.User.Theme), Slim: session.User.RailSlim,
		IsAdmin: session.User.IsAdmin, DevOutbox: s.Services.Config.Dev && s.Services.Config.ResendKey == "",
		Workspace: frameWorkspace(session.Workspace),
	}
	f.Banners = s.banners(c)
	for _, w := range session.Workspaces {
		if w.ID != session.Workspace.ID {
			f.Others = append(f.Others, frameWorkspace(w))
		}
	}
	if session.Actor.Can(account.View) {
		// Counts are no reason to fail a page: without an answer they stay away.
		if unread, err := s.Services.Alerts.Unread(c.UserContext(), Actor(c)); err == nil {
			f.Unread = unread
		}
		if waiting, err := s.Services.Overview.Waiting(c.UserContext(), Actor(c)); err == nil {
			f.NeedsCount = waiting
		}
		if asked, err := s.Services.Workflows.CountQuestions(c.UserContext(), Actor(c)); err == nil {
			f.Questions = asked
		}
	}
	return f
}

func frameWorkspace(w account.Workspace) layout.Workspace {
	return layout.Workspace{ID: w.ID.String(), Name: w.Name, Role: string(w.Role)}
}

// Sheet is a page without the frame.
func (s *Site) Sheet(c *fiber.Ctx, title string) layout.Sheet {
	theme := layout.System
	if user := Session(c).User; user.Theme != "" {
		theme = layout.Theme(user.Theme)
	}
	return layout.Sheet{Title: title, Theme: theme, Toasts: s.takeToasts(c)}
}

const toastCookie = "levqor_toast"

// Say shows a short message on the next page. Text is translated already.
func (s *Site) Say(c *fiber.Ctx, tone parts.Tone, text string) {
	raw, err := json.Marshal(parts.ToastProps{Tone: tone, Text: text})
	if err != nil {
		return
	}
	s.SetCookie(c, s.cookieName(toastCookie), base64.RawURLEncoding.EncodeToString(raw), 0)
}

func (s *Site) takeToasts(c *fiber.Ctx) []parts.ToastProps {
	raw, err := base64.RawURLEncoding.DecodeString(c.Cookies(s.cookieName(toastCookie)))
	if err != nil || len(raw) == 0 {
		return nil
	}
	s.DropCookie(c, s.cookieName(toastCookie))
	var toast parts.ToastProps
	if json.Unmarshal(raw, &toast) != nil {
		return nil
	}
	toast.Undo, toast.Action = "", parts.Action{} // a cookie is no place for addresses
	return []parts.ToastProps{toast}
}
