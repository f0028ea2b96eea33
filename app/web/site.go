// Package web is what every area of the web process uses: session, locale,
// rendering, errors as answers.
package web

import (
	"context"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"levqor/jobs/account"
	"levqor/jobs/fail"
	"levqor/jobs/services"
	"levqor/locales"
	"levqor/static"
)

// Site is what handlers work with. Stop ends when the process stops: streams
// that outlive their request end with it.
type Site struct {
	Services  *services.Services
	Assets    *static.Assets
	Catalogue *locales.Catalogue
	Stop      context.Context
}

// HTTPS reports whether people reach this server encrypted: cookies and HSTS follow.
func (s *Site) HTTPS() bool {
	return len(s.Services.Config.BaseURL) > 8 && s.Services.Config.BaseURL[:8] == "https://"
}

// Context gives each request its deadline and its words.
func (s *Site) Context(c *fiber.Ctx) error {
	ctx, cancel := context.WithTimeout(s.Words(c), 30*time.Second)
	defer cancel()
	c.SetUserContext(ctx)
	return c.Next()
}

// Words is a context with the reader's language, the moment, and the assets.
func (s *Site) Words(c *fiber.Ctx) context.Context {
	ctx := context.WithValue(s.Stop, requestKey{}, RequestID(c))
	ctx = static.With(ctx, s.Assets)
	locale := s.Catalogue.Match(c.Query("lang"), "", c.Cookies(localeCookie), c.Get(fiber.HeaderAcceptLanguage))
	return locales.WithNow(s.Catalogue.With(ctx, locale.Code), s.Services.Clock.Now())
}

const localeCookie = "levqor_locale"

type requestKey struct{}

// RequestIDFrom is RequestID where only the context is at hand.
func RequestIDFrom(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}

// IsSignedIn reports whether somebody is; only behind SignedIn and Recognized.
func IsSignedIn(c *fiber.Ctx) bool { return Session(c).ID != uuid.Nil }

// Session is who is signed in; the zero Session when nobody is.
func Session(c *fiber.Ctx) account.Session {
	session, _ := c.Locals(keySession).(account.Session)
	return session
}

// Actor is the person acting, in the workspace they look at.
func Actor(c *fiber.Ctx) account.Actor {
	return Session(c).Actor
}

// AdminActor is the person acting as staff, in no workspace.
func AdminActor(c *fiber.Ctx) account.Actor {
	actor := Actor(c)
	actor.Kind, actor.Workspace = account.KindAdmin, uuid.Nil
	return actor
}

// ID reads a uuid from the path; NotFound when it is none.
func ID(c *fiber.Ctx, name string) (uuid.UUID, error) {
	id, err := uuid.Parse(c.Params(name))
	if err != nil {
		return uuid.Nil, fail.New(fail.NotFound, "fail.not_found")
	}
	return id, nil
}
