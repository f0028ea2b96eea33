package web

import (
	"errors"

	"github.com/gofiber/fiber/v2"

	"levqor/jobs/fail"
)

// Status is the HTTP answer to a failure.
func Status(err error) int {
	if f, ok := errors.AsType[*fiber.Error](err); ok {
		return f.Code
	}
	switch fail.KindOf(err) {
	case fail.Canceled, fail.Conflict:
		return fiber.StatusConflict
	case fail.Forbidden, fail.StepUp:
		return fiber.StatusForbidden
	case fail.Invalid:
		return fiber.StatusUnprocessableEntity
	case fail.NotFound:
		return fiber.StatusNotFound
	case fail.TooLarge:
		return fiber.StatusRequestEntityTooLarge
	case fail.TooMany:
		return fiber.StatusTooManyRequests
	case fail.Unauthenticated:
		return fiber.StatusUnauthorized
	case fail.Unavailable:
		return fiber.StatusServiceUnavailable
	case fail.Upstream:
		return fiber.StatusBadGateway
	default:
		return fiber.StatusInternalServerError
	}
}

// Words is the locale key and arguments that tell a person of a failure; what is
// not ours to show becomes "our fault".
func Words(err error) (key string, args map[string]any) {
	if f, ok := errors.AsType[*fiber.Error](err); ok {
		switch {
		case f.Code == fiber.StatusNotFound, f.Code == fiber.StatusMethodNotAllowed:
			return "fail.not_found", nil
		case f.Code == fiber.StatusRequestEntityTooLarge:
			return "fail.too_large", nil
		case f.Code == fiber.StatusUnsupportedMediaType:
			return "fail.packed", nil
		case f.Code < fiber.StatusInternalServerError:
			return "fail.malformed", nil
		}
	}
	if f, ok := errors.AsType[*fail.Error](err); ok && f.Kind != fail.Internal {
		return f.Key, f.Args
	}
	return "fail.internal", nil
}

// Fields are the wrong inputs of an Invalid failure.
func Fields(err error) []fail.Field {
	if f, ok := errors.AsType[*fail.Error](err); ok {
		return f.Fields
	}
	return nil
}
