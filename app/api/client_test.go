package api_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"levqor/app/apptest"
)

// client is a program with a token; what it does not expect fails the test.
type client struct {
	t     testing.TB
	house *apptest.House
	token string
	doc   document
}

func newClient(t testing.TB, h *apptest.House, token string) client {
	t.Helper()
	return client{t, h, token, documentOf(t, h)}
}

// object is any JSON object.
type object map[string]any

// at is the value at a path such as progress.bytes_done or items.0.id.
func (o object) at(path string) any {
	var v any = map[string]any(o)
	for part := range strings.SplitSeq(path, ".") {
		switch inside := v.(type) {
		case map[string]any:
			v = inside[part]
		case []any:
			var i int
			if _, err := fmt.Sscan(part, &i); err != nil || i >= len(inside) {
				return nil
			}
			v = inside[i]
		default:
			return nil
		}
	}
	return v
}

func (o object) text(path string) string {
	text, _ := o.at(path).(string)
	return text
}

func (o object) number(path string) float64 {
	n, _ := o.at(path).(float64)
	return n
}

func (c client) ask(method, path string, body any) apptest.Answer {
	c.t.Helper()
	text := ""
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			c.t.Fatal(err)
		}
		text = string(raw)
	}
	a := c.house.JSON(c.token, method, path, text)
	if err := c.doc.answer(method, path, a); err != nil {
		c.t.Errorf("the document and the answer differ: %v", err)
	}
	return a
}

// do asks and expects that status; the answer's body and Location.
func (c client) do(status int, method, path string, body any) (object, string) {
	c.t.Helper()
	a := c.ask(method, path, body)
	if a.Status != status {
		c.t.Fatalf("%s %s: %d, want %d: %.500s", method, path, a.Status, status, a.Body)
	}
	if a.Body == "" {
		return nil, a.Location()
	}
	var o object
	decode(c.t, a, &o)
	return o, a.Location()
}

func (c client) get(path string) object {
	c.t.Helper()
	o, _ := c.do(200, "GET", path, nil)
	return o
}

// watch polls a location until the work there is over.
func (c client) watch(location string) object {
	c.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	timeout := time.After(90 * time.Second)
	for {
		o := c.get(location)
		switch o.text("state") {
		case "queued", "running", "creating":
		default:
			return o
		}
		select {
		case <-tick.C:
		case <-timeout:
			c.t.Fatalf("%s is still %v", location, o)
		}
	}
}

// done is watch, and the work went well.
func (c client) done(location string) object {
	c.t.Helper()
	o := c.watch(location)
	if state := o.text("state"); state != "succeeded" && state != "ready" {
		c.t.Fatalf("%s: %v", location, o)
	}
	return o
}
