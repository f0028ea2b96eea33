package web

import (
	"crypto/rand"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"levqor/jobs/fail"
)

type localKey int

const (
	keyRequestID localKey = iota
	keySession
)

// RequestID names this request, in the answer's header and in every log line.
func RequestID(c *fiber.Ctx) string {
	id, ok := c.Locals(keyRequestID).(string)
	if !ok {
		id = "req_" + rand.Text()[:20]
		c.Locals(keyRequestID, id)
		c.Set("X-Request-Id", id)
	}
	return id
}

// Trace gives the request its id and logs it once when it is answered. Query and
// body stay out of the log: they may hold what people typed.
func Trace(log *slog.Logger) fiber.Handler {
	return func(c *fiber.Ctx) error {
		id, start := RequestID(c), time.Now()
		err := c.Next()
		if err != nil {
			if answerErr := c.App().ErrorHandler(c, err); answerErr != nil {
				return answerErr
			}
		}
		level := slog.LevelInfo
		attrs := []any{"request", id, "method", c.Method(), "path", routeOf(c), "status", c.Response().StatusCode(), "took_ms", time.Since(start).Milliseconds()}
		if err != nil && isInternal(err) {
			level = slog.LevelError
			attrs = append(attrs, "error", err)
		}
		log.Log(c.UserContext(), level, "request", attrs...)
		return nil
	}
}

// routeOf is the route's pattern: a path may hold a sign-in token.
func routeOf(c *fiber.Ctx) string {
	if route := c.Route(); route != nil && route.Path != "/" {
		return route.Path
	}
	if strings.Count(c.Path(), "/") <= 1 && len(c.Path()) < 40 {
		return c.Path()
	}
	return "-"
}

func isInternal(err error) bool {
	if _, ok := errors.AsType[*fiber.Error](err); ok {
		return false
	}
	return fail.KindOf(err) == fail.Internal
}
