package hooks

import (
	"bytes"
	"context"
	"encoding/json"
	"mime"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/fail"
	"levqor/jobs/workflow"
	"levqor/jobs/workflow/engine"
	"levqor/jobs/workflow/step"
)

// mostKey is how long an Idempotency-Key may be.
const mostKey = 200

// accepted is the answer to a call whose run goes on without the caller.
type accepted struct {
	Run    string `json:"run"`
	Number int64  `json:"number"`
}

// enter is POST /hooks/{token}: it starts the workflow behind the address.
func enter(s *web.Site, d *doors, patience time.Duration) fiber.Handler {
	return func(c *fiber.Ctx) error {
		hook, err := knock(c, d)
		if err != nil {
			return err
		}
		if hook.Kind != workflow.ByWebhook {
			return fail.New(fail.NotFound, "fail.not_found")
		}
		if !hook.Signed(signature(c), c.BodyRaw()) {
			return fail.New(fail.Unauthenticated, "workflow.fail.signature")
		}
		input, err := inputOf(c)
		if err != nil {
			return err
		}
		dedup := c.Get("Idempotency-Key")
		if !plain(dedup) {
			return fail.New(fail.Invalid, "fail.malformed")
		}
		if !hook.Sync {
			started, err := s.Services.Workflows.Enter(c.UserContext(), hook, input, dedup)
			if err != nil {
				return err
			}
			return accept(c, s, started)
		}
		ctx, cancel := context.WithTimeout(c.UserContext(), patience)
		defer cancel()
		started, reply, state, err := s.Services.Workflows.EnterAndWait(ctx, s.Services.Live, hook, input, dedup)
		if err != nil {
			return err
		}
		return answer(c, s, started, reply, state)
	}
}

// plain keys are short and printable, as the API's.
func plain(key string) bool {
	odd := func(r rune) bool { return r < ' ' || r > '~' }
	return len(key) <= mostKey && !strings.ContainsFunc(key, odd)
}

// knock is the door that is called; a flood is told when to come again.
func knock(c *fiber.Ctx, d *doors) (workflow.Hook, error) {
	hook, retry, err := d.at(c.UserContext(), c.Params("token"), time.Now())
	if retry > 0 {
		c.Set(fiber.HeaderRetryAfter, strconv.Itoa(int(retry.Seconds())+1))
	}
	return hook, err
}

// accept says where the run is to be seen.
func accept(c *fiber.Ctx, s *web.Site, started engine.Started) error {
	c.Location(s.Services.Config.BaseURL + step.RunPath(started.ID))
	return c.Status(fiber.StatusAccepted).JSON(accepted{Run: started.ID.String(), Number: started.Number})
}

// answer tells a synchronous caller what the run said. A failed run is 502, one
// that is not over yet 202.
func answer(c *fiber.Ctx, s *web.Site, started engine.Started, reply engine.Reply, state engine.State) error {
	switch {
	case reply.Status != 0 && reply.Type == "text":
		text, _ := reply.Body.(string)
		c.Set(fiber.HeaderContentType, fiber.MIMETextPlainCharsetUTF8)
		return c.Status(reply.Status).SendString(text)
	case reply.Status != 0:
		return c.Status(reply.Status).JSON(reply.Body)
	case state == engine.Succeeded:
		return c.JSON(accepted{Run: started.ID.String(), Number: started.Number})
	case state.Final():
		return fail.New(fail.Upstream, "workflow.fail.run_failed", "number", started.Number)
	default:
		return accept(c, s, started)
	}
}

// callBack is POST /hooks/runs/{token}: the answer that a run waits for.
func callBack(s *web.Site, d *doors) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if _, err := knock(c, d); err != nil {
			return err
		}
		input, err := inputOf(c)
		if err != nil {
			return err
		}
		if err := s.Services.Workflows.CallBack(c.UserContext(), c.Params("token"), input); err != nil {
			return err
		}
		return c.SendStatus(fiber.StatusNoContent)
	}
}

func signature(c *fiber.Ctx) string {
	if own := c.Get("X-Levqor-Signature"); own != "" {
		return own
	}
	return c.Get("X-Hub-Signature-256")
}

// hidden headers hold secrets of the caller, which don't belong into the history.
var hidden = map[string]bool{"authorization": true, "cookie": true, "proxy-authorization": true, "x-api-key": true, "x-hub-signature-256": true, "x-levqor-signature": true}

// inputOf is the call as the workflow reads it.
func inputOf(c *fiber.Ctx) (map[string]any, error) {
	body, err := bodyOf(c)
	if err != nil {
		return nil, err
	}
	headers, query := map[string]any{}, map[string]any{}
	for name, values := range c.GetReqHeaders() {
		if name = strings.ToLower(name); !hidden[name] {
			headers[name] = strings.ToValidUTF8(strings.Join(values, ", "), "")
		}
	}
	for name, value := range c.Context().QueryArgs().All() {
		query[string(name)] = string(value)
	}
	return map[string]any{"body": body, "headers": headers, "query": query, "method": strings.Clone(c.Method())}, nil
}

func bodyOf(c *fiber.Ctx) (any, error) {
	raw := c.BodyRaw()
	kind, _, _ := mime.ParseMediaType(c.Get(fiber.HeaderContentType))
	switch {
	case len(raw) == 0:
		return nil, nil
	case kind == fiber.MIMEApplicationForm:
		form := map[string]any{}
		for name, value := range c.Context().PostArgs().All() {
			form[string(name)] = string(value)
		}
		return form, nil
	case kind == fiber.MIMEApplicationJSON || strings.HasSuffix(kind, "+json") || kind == "":
		var value any
		if err := json.Unmarshal(raw, &value); err == nil {
			return value, nil
		} else if kind != "" {
			return nil, fail.Wrap(err, fail.Invalid, "fail.malformed")
		}
	}
	if !utf8.Valid(raw) || bytes.IndexByte(raw, 0) >= 0 {
		return nil, fail.New(fail.Invalid, "fail.malformed")
	}
	return string(raw), nil
}
