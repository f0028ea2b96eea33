package web

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"levqor/jobs/account"
	"levqor/jobs/fail"
	"levqor/locales"
)

// SessionCookie is the cookie's name; over https it carries the __Host- prefix,
// which binds it to this host, path / and Secure.
func (s *Site) SessionCookie() string { return s.cookieName("levqor_session") }

// BrowserCookie binds a sign-in link to the browser that asked for it.
func (s *Site) BrowserCookie() string { return s.cookieName("levqor_browser") }

// AskedCookie keeps what was typed between the address form and the mail.
func (s *Site) AskedCookie() string { return s.cookieName("levqor_asked") }

func (s *Site) cookieName(name string) string {
	if s.HTTPS() {
		return "__Host-" + name
	}
	return name
}

// SetCookie sets a cookie that page scripts can't read. life 0 ends with the browser.
func (s *Site) SetCookie(c *fiber.Ctx, name, value string, life time.Duration) {
	cookie := &fiber.Cookie{Name: name, Value: value, Path: "/", HTTPOnly: true, Secure: s.HTTPS(), SameSite: fiber.CookieSameSiteLaxMode}
	if life > 0 {
		cookie.MaxAge = int(life.Seconds())
	} else {
		cookie.SessionOnly = true
	}
	c.Cookie(cookie)
}

// DropCookie removes a cookie.
func (s *Site) DropCookie(c *fiber.Ctx, name string) {
	c.Cookie(&fiber.Cookie{Name: name, Path: "/", HTTPOnly: true, Secure: s.HTTPS(), SameSite: fiber.CookieSameSiteLaxMode, MaxAge: -1, Expires: time.Unix(1, 0)})
}

// SignedIn lets signed-in people through, in their language and zone.
func (s *Site) SignedIn(c *fiber.Ctx) error {
	err := s.recognize(c)
	if fail.Is(err, fail.Unauthenticated) {
		return askToSignIn(c)
	}
	if err != nil {
		return err
	}
	return c.Next()
}

// Recognized lets everybody through, and knows those who are signed in.
func (s *Site) Recognized(c *fiber.Ctx) error {
	if err := s.recognize(c); err != nil && !fail.Is(err, fail.Unauthenticated) {
		return err
	}
	return c.Next()
}

func (s *Site) recognize(c *fiber.Ctx) error {
	session, err := s.authenticate(c)
	if err != nil {
		return err
	}
	session.Actor.RequestID = RequestID(c)
	c.Locals(keySession, session)
	ctx := c.UserContext()
	locale := s.Catalogue.Match(c.Query("lang"), session.User.Locale, c.Cookies(localeCookie), c.Get(fiber.HeaderAcceptLanguage))
	ctx = s.Catalogue.With(ctx, locale.Code)
	if zone, err := time.LoadLocation(session.User.TimeZone); err == nil {
		ctx = locales.WithZone(ctx, zone)
	}
	c.SetUserContext(ctx)
	return nil
}

func (s *Site) authenticate(c *fiber.Ctx) (account.Session, error) {
	token := c.Cookies(s.SessionCookie())
	if token == "" {
		return account.Session{}, fail.New(fail.Unauthenticated, "fail.unauthenticated")
	}
	return s.Services.Accounts.Authenticate(c.UserContext(), token)
}

// askToSignIn sends a page's reader to sign in and back, and tells a fragment's
// page to go there.
func askToSignIn(c *fiber.Ctx) error {
	if IsFragment(c) {
		c.Set("HX-Redirect", "/sign-in")
		return c.SendStatus(fiber.StatusUnauthorized)
	}
	if c.Method() != fiber.MethodGet {
		return fail.New(fail.Unauthenticated, "fail.unauthenticated")
	}
	return c.Redirect("/sign-in?next="+escapeNext(c.OriginalURL()), fiber.StatusSeeOther)
}
