// Package live serves a page's one event stream.
package live

import (
	"bufio"
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/jobs/fail"
	"levqor/jobs/live"
)

const (
	heartbeat  = 15 * time.Second // a failed write is the only sign that the reader left
	longest    = 30 * time.Minute // the browser reconnects, and is authorized anew; While asks much more often
	mostTopics = 64
	mostOpen   = 64 // streams of one person
)

var topicShape = regexp.MustCompile(`^[a-z]+(-[a-z0-9-]{1,64})?$`)

// Mount adds GET /live?topic=…&topic=….
func Mount(r fiber.Router, s *web.Site) {
	r.Get("/live", stream(s, &crowd{open: map[uuid.UUID]int{}}))
}

// stream sends an event named after each topic that changes. It carries no
// data: the part of the page that shows the topic fetches itself anew, through
// the same door and rights as any request.
func stream(s *web.Site, now *crowd) fiber.Handler {
	return func(c *fiber.Ctx) error {
		topics, err := topicsOf(c)
		if err != nil {
			return err
		}
		actor := web.Actor(c)
		if err := actor.Require(account.View); err != nil {
			return err
		}
		if !now.enter(actor.ID) {
			return fail.New(fail.TooMany, "fail.too_many")
		}
		c.Set(fiber.HeaderContentType, "text/event-stream")
		c.Set(fiber.HeaderCacheControl, "no-store")
		c.Set("X-Accel-Buffering", "no")
		granted, revoke := s.While(web.Grant{Actor: actor, Power: account.View})
		ctx, cancel := context.WithTimeout(granted, longest)
		changes := s.Services.Live.Subscribe(ctx, actor.Workspace, topics)
		c.Context().SetBodyStreamWriter(func(w *bufio.Writer) {
			defer now.leave(actor.ID)
			defer revoke()
			defer cancel()
			send(w, changes, topics)
		})
		return nil
	}
}

func topicsOf(c *fiber.Ctx) ([]live.Topic, error) {
	var topics []live.Topic
	for _, raw := range c.Context().QueryArgs().PeekMulti("topic") {
		topic := strings.Clone(string(raw))
		if !topicShape.MatchString(topic) || len(topics) == mostTopics {
			return nil, fail.New(fail.Invalid, "fail.malformed")
		}
		topics = append(topics, live.Topic(topic))
	}
	return topics, nil
}

func send(w *bufio.Writer, changes <-chan live.Topic, topics []live.Topic) {
	tick := time.NewTicker(heartbeat)
	defer tick.Stop()
	_, _ = fmt.Fprint(w, "retry: 2000\n\n")
	for w.Flush() == nil {
		select {
		case <-tick.C:
			_, _ = fmt.Fprint(w, ": still here\n\n")
		case topic, open := <-changes:
			if !open {
				return
			}
			for _, event := range named(topic, topics) {
				_, _ = fmt.Fprintf(w, "event: %s\ndata: changed\n\n", event)
			}
		}
	}
}

// named is the topic, or every topic after the feed was interrupted.
func named(topic live.Topic, all []live.Topic) []live.Topic {
	if topic == "" {
		return all
	}
	return []live.Topic{topic}
}
