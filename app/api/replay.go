package api

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"
	"github.com/gofiber/fiber/v2"

	"levqor/jobs/fail"
	"levqor/jobs/replay"
)

const keyHeader = "Idempotency-Key"

func keyParameter() *huma.Param {
	most := replay.MaxKey
	return &huma.Param{Name: keyHeader, In: "header", Description: "Any text of your own. Sent again with it, the same request does nothing and is given the same answer, for a day.",
		Schema: &huma.Schema{Type: huma.TypeString, MaxLength: &most}}
}

// kept are the headers that belong to an answer.
var kept = []string{fiber.HeaderContentType, fiber.HeaderETag, fiber.HeaderLocation}

// replay answers a POST whose key was seen before as it was answered then, and
// remembers the answer of a new one that did something.
func (r *resources) replay(ctx huma.Context, next func(huma.Context)) {
	key := ctx.Header(keyHeader)
	if ctx.Method() != http.MethodPost || key == "" {
		next(ctx)
		return
	}
	if !printable(key) {
		r.refuse(ctx, &fail.Error{Kind: fail.Invalid, Key: "fail.form", Fields: []fail.Field{{Name: keyHeader, Key: "api.field.key", Args: map[string]any{"most": replay.MaxKey}}}})
		return
	}
	c, actor := humafiber.UnwrapV2(ctx), actorOf(ctx.Context())
	answered, err := r.site.Services.Replays.Once(ctx.Context(), actor, replay.Request{Key: key, MAC: macOf(ctx, c)}, func(inner context.Context) *replay.Answer {
		next(huma.WithContext(ctx, inner))
		return answerOf(c)
	})
	if err != nil { // nothing was done, whatever the answer says so far
		c.Response().ResetBody()
		for _, name := range kept {
			c.Response().Header.Del(name)
		}
		r.refuse(ctx, err)
		return
	}
	if answered != nil {
		for name, value := range answered.Headers {
			ctx.SetHeader(name, value)
		}
		ctx.SetHeader("Idempotency-Replayed", "true")
		ctx.SetStatus(answered.Status)
		_, _ = ctx.BodyWriter().Write(answered.Body) // into memory
	}
}

// answerOf is what the request was answered, nil when it failed.
func answerOf(c *fiber.Ctx) *replay.Answer {
	status := c.Response().StatusCode()
	if status >= http.StatusMultipleChoices {
		return nil
	}
	answer := &replay.Answer{Status: status, Headers: map[string]string{}, Body: append([]byte{}, c.Response().Body()...)}
	for _, name := range kept {
		if value := c.GetRespHeader(name); value != "" {
			answer.Headers[name] = value
		}
	}
	return answer
}

// macOf tells this request from every other. It is keyed with the token, which is
// not in our database: nobody can try out which password a body held.
func macOf(ctx huma.Context, c *fiber.Ctx) []byte {
	words, _ := ctx.Context().Value(tokenKey{}).(string)
	mac := hmac.New(sha256.New, []byte(words))
	for _, part := range [][]byte{[]byte(c.Method()), c.Request().RequestURI(), c.BodyRaw()} {
		mac.Write(part)
		mac.Write([]byte{0})
	}
	return mac.Sum(nil)
}

func printable(key string) bool {
	for _, b := range []byte(key) {
		if b < ' ' || b > '~' {
			return false
		}
	}
	return len(key) <= replay.MaxKey
}
