package templates_test

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"levqor/jobs/workflow/engine"
)

const form = "application/x-www-form-urlencoded"

var businessPlays = map[string][]play{
	"approval_before_payment": {
		{promise: "a small one is asked about once, then goes by itself", answers: map[string]string{"url": "/pay"}, act: func(s *scene) {
			s.sendJSON(`{"amount": 999, "to": "Ada"}`)
			s.got()
			s.always()
			s.ends(engine.Succeeded, "payment", "large", "pay")
			s.call(form, "amount=12.5&to=Bob")
			s.ends(engine.Succeeded, "payment", "large", "pay")
			s.got(`POST /pay {"amount":999,"to":"Ada"}`, `POST /pay {"amount":12.5,"to":"Bob"}`)
		}},
		{promise: "a large one waits for a person", answers: map[string]string{"url": "/pay", "limit": "500"}, act: func(s *scene) {
			s.sendJSON(`{"amount": 500, "to": "Ada"}`)
			s.says("Pay 500 to Ada?")
			s.yes()
			s.always()
			s.sendJSON(`{"amount": 700, "to": "Eve"}`)
			s.says("Pay 700 to Eve?")
			s.got(`POST /pay {"amount":500,"to":"Ada"}`)
			s.no()
			s.ends(engine.Succeeded, "payment", "large", "ask", "halt")
			s.got(`POST /pay {"amount":500,"to":"Ada"}`)
		}},
		{promise: "a bank that fails is not asked twice", answers: map[string]string{"url": "/pay"}, act: func(s *scene) {
			s.web.say("/pay", http.StatusServiceUnavailable, nil)
			s.sendJSON(`{"amount": 1, "to": "Ada"}`)
			s.yes()
			s.pass(time.Hour)
			s.ends(engine.Failed, "payment", "large", "pay")
			s.got(`POST /pay {"amount":1,"to":"Ada"}`)
		}},
		{promise: "an unsigned call pays nothing", answers: map[string]string{"url": "/pay"}, act: func(s *scene) {
			token, err := s.Services.Workflows.Address(s.t.Context(), s.Actor, s.workflow)
			must(s.t, err)
			if got := s.JSON("", http.MethodPost, "/hooks/"+token, `{"amount": 1, "to": "Eve"}`); got.Status != http.StatusUnauthorized || s.runs() != 0 {
				s.t.Errorf("%d, %d runs", got.Status, s.runs())
			}
		}},
	},
	"complaint_alarm": {
		{promise: "what is urgent goes out at once, the rest waits behind the bell", act: func(s *scene) {
			s.thinks(`{"urgent": true, "summary": "The till is broken."}`)
			s.sendJSON(`{"name": "Ada", "text": "Nothing works!"}`)
			s.ends(engine.Succeeded, "facts", "urgent", "tell")
			s.mails(member + ": Urgent: Ada")
			s.thinks(`{"urgent": false, "summary": "They say thanks."}`)
			s.sendJSON(`{"name": "Bob", "text": "Thanks"}`)
			s.ends(engine.Succeeded, "facts", "urgent", "bell")
			if n := s.Count(`SELECT count(*) FROM notifications WHERE args ->> 'title' = 'Message of Bob'`); n != 1 {
				s.t.Errorf("%d are behind the bell", n)
			}
		}},
		{promise: "what nobody could read counts as urgent", act: func(s *scene) {
			s.thinks("")
			s.sendJSON(`{"name": "Ada", "text": "Hello"}`)
			s.mails(member + ": Urgent: Ada")
		}},
	},
	"contact_form": {
		{promise: "each answer comes by mail", act: func(s *scene) {
			if got := s.fillIn("answer.name", "Ada", "answer.email", "ada@example.org", "answer.message", "Are you open?"); got.Status != http.StatusSeeOther {
				s.t.Fatalf("%d %s", got.Status, got.Body)
			}
			s.ends(engine.Succeeded, "count", "tell")
			s.mails(member + ": Message 1 from Ada")
		}},
		{promise: "an answer that lacks something starts nothing", act: func(s *scene) {
			if got := s.fillIn("answer.name", "Ada", "answer.email", "nobody"); got.Status != http.StatusUnprocessableEntity || s.runs() != 0 {
				s.t.Errorf("%d", got.Status)
			}
		}},
	},
	"form_router": {
		{promise: "a question for sales", answers: map[string]string{"sales": member, "support": "help@example.org"}, act: func(s *scene) {
			s.call(form, "topic=Sales&name=Ada&email=ada@example.org&text=How+much%3F")
			s.ends(engine.Succeeded, "question", "topic", "to_sales")
			s.mails(member + ": Question of Ada")
			if body := s.letters()[0][1]; body != "How much?\n\nAnswer to: ada@example.org" {
				s.t.Errorf("%q", body)
			}
		}},
		{promise: "all others go to support, an almost empty form too", answers: map[string]string{"sales": "sell@example.org", "support": member}, act: func(s *scene) {
			s.sendJSON(`{"topic": "broken"}`)
			s.ends(engine.Succeeded, "question", "topic", "to_support")
			s.mails(member + ": Question of somebody")
		}},
	},
	"invoice_follow_up": {
		{promise: "one mail names those that are late", answers: map[string]string{"url": "/open"}, act: func(s *scene) {
			s.web.say("/open", http.StatusOK, []map[string]any{
				{"number": 7, "customer": "Ada", "days_late": 15}, {"number": "8a", "customer": "Bob", "days_late": 14}, {"number": 9, "customer": "Eve", "days_late": 80}})
			s.strike()
			s.ends(engine.Succeeded, "limit", "open", "late", "any", "tell")
			s.mails(member + ": Late invoices: 2")
			if body := s.letters()[0][1]; body != "7, Ada: 15 days late\n9, Eve: 80 days late" {
				s.t.Errorf("%q", body)
			}
		}},
		{promise: "nobody is late", answers: map[string]string{"url": "/open", "late": "30"}, act: func(s *scene) {
			s.web.say("/open", http.StatusOK, []map[string]any{{"number": 7, "customer": "Ada", "days_late": 15}})
			s.strike()
			s.ends(engine.Succeeded, "limit", "open", "late", "any", "note")
			s.mails()
		}},
		{promise: "a list that is none fails at its step", answers: map[string]string{"url": "/open"}, act: func(s *scene) {
			s.web.say("/open", http.StatusOK, "soon")
			s.strike()
			s.ends(engine.Failed, "limit", "open", "late")
		}},
	},
	"lead_capture": {
		{promise: "the form is thanked, and each lead told", act: func(s *scene) {
			for n, body := range []string{"name=+Ada+&email=ADA@Example.org", "email=bob@example.org"} {
				if got := s.call(form, body); got.Status != http.StatusOK || got.Body != `{"ok":true}` {
					s.t.Fatalf("%d: %d %s", n, got.Status, got.Body)
				}
			}
			s.ends(engine.Succeeded, "lead", "count", "thanks", "tell")
			s.mails(member+": Lead 1: Ada", member+": Lead 2: somebody")
			if body := s.letters()[0][1]; body != "ada@example.org" {
				s.t.Error(body)
			}
		}},
		{promise: "a form without an address is no lead", act: func(s *scene) {
			if got := s.call(form, "name=Ada"); got.Status != http.StatusBadGateway {
				s.t.Errorf("%d %s", got.Status, got.Body)
			}
			s.mails()
		}},
	},
	"onboarding": {
		{promise: "a letter now and one in three days", act: func(s *scene) {
			s.sendJSON(`{"name": "Ada"}`)
			s.mails(member + ": Welcome Ada")
			s.pass(71 * time.Hour)
			s.ends(engine.Waiting, "customer", "day0")
			s.pass(2 * time.Hour)
			s.ends(engine.Succeeded, "customer", "day0", "wait", "day3")
			s.mails(member+": Welcome Ada", member+": Three days: Ada")
		}},
	},
	"price_watch": {
		{promise: "a change is told, and only a change", answers: map[string]string{"url": "/price"}, act: func(s *scene) {
			look := func(price any, last string) {
				s.t.Helper()
				s.web.say("/price", http.StatusOK, map[string]any{"price": price})
				s.strike()
				s.ends(engine.Succeeded, "page", "last", "now", "changed", last)
			}
			look(9.5, "note")
			look(9.5, "note")
			look(8, "tell")
			look(8, "note")
			s.mails(member + ": The price is 8")
			if body := s.letters()[0][1]; body != "It was 9.5." {
				s.t.Error(body)
			}
		}},
	},
	"sort_messages": {
		{promise: "a question about a price goes to sales, and what can't be told to support", answers: map[string]string{"support": "help@example.org"}, act: func(s *scene) {
			s.thinks("Sales.")
			s.sendJSON(`{"name": "Ada", "text": "How much?"}`)
			s.ends(engine.Succeeded, "sort", "topic", "to_sales")
			s.mails(member + ": Sales: message of Ada")
			s.thinks("")
			s.sendJSON(`{"name": "Bob", "text": "Hm"}`)
			s.yes() // they are no member
			s.ends(engine.Succeeded, "sort", "topic", "to_support")
			s.mails(member+": Sales: message of Ada", "help@example.org: Support: message of Bob")
		}},
	},
	"stock_alert": {
		{promise: "it tells what runs low, once", answers: map[string]string{"url": "/stock", "least": "5"}, act: func(s *scene) {
			look := func(tea, milk int, last string) {
				s.t.Helper()
				s.web.say("/stock", http.StatusOK, []map[string]any{{"name": "tea", "left": tea}, {"name": "milk", "left": milk}})
				s.strike()
				s.ends(engine.Succeeded, "limit", "stock", "low", "any", last)
			}
			look(5, 5, "note")
			look(4, 5, "tell")
			look(3, 5, "note")
			look(2, 1, "tell")
			look(9, 9, "note")
			s.mails(member+": Low stock: 1", member+": Low stock: 2")
			if body := s.letters()[1][1]; body != "tea, milk" {
				s.t.Error(body)
			}
		}},
	},
	"sync_two_systems": {
		{promise: "each new thing is written once, from where it left off", answers: map[string]string{"from": "/new", "into": "/write"}, act: func(s *scene) {
			s.web.say("/new", http.StatusOK, []map[string]any{{"id": 1}})
			s.strike()
			s.always()
			s.ends(engine.Succeeded, "since", "read", "each", "each[0]/write", "remember")
			since := s.run().StartedAt
			s.web.say("/new", http.StatusOK, []map[string]any{})
			s.strike()
			s.ends(engine.Succeeded, "since", "read", "each", "remember")
			s.got("GET /new?since=", `POST /write {"id":1}`, "GET /new?since="+query(since.UTC().Format(time.RFC3339Nano)))
		}},
		{promise: "what could not be written is read again", answers: map[string]string{"from": "/new", "into": "/write"}, act: func(s *scene) {
			s.web.say("/new", http.StatusOK, []map[string]any{{"id": 1}})
			s.web.say("/write", http.StatusBadRequest, nil)
			s.strike()
			s.always()
			s.ends(engine.Failed, "since", "read", "each[0]/write", "each")
			s.web.say("/write", http.StatusOK, nil)
			s.strike()
			s.ends(engine.Succeeded, "since", "read", "each", "each[0]/write", "remember")
			if last := s.web.seen[2]; last != "GET /new?since=" {
				s.t.Errorf("it went on from %q", last)
			}
		}},
	},
	"wait_for_supplier": {
		{promise: "the supplier gets an address and calls it", answers: map[string]string{"url": "/order"}, act: func(s *scene) {
			s.start(map[string]any{"order": "12 tea"})
			s.yes()
			s.ends(engine.Waiting, "reply", "order")
			address := s.ordered("12 tea")
			if got := s.JSON("", http.MethodPost, address, `{"parcel": 7}`); got.Status != http.StatusNoContent {
				s.t.Fatalf("%d %s", got.Status, got.Body)
			}
			s.settle()
			s.ends(engine.Succeeded, "reply", "order", "ready", "tell")
			s.mails(member + ": The order is ready")
			if body := s.letters()[0][1]; body != `{"parcel":7}` {
				s.t.Error(body)
			}
		}},
		{promise: "after a week of silence somebody is told", answers: map[string]string{"url": "/order"}, act: func(s *scene) {
			s.start(nil)
			s.yes()
			address := s.ordered("")
			s.pass(8 * 24 * time.Hour)
			s.ends(engine.Failed, "reply", "order", "ready", "remind", "halt")
			s.mails(member + ": The supplier has not called")
			if got := s.JSON("", http.MethodPost, address, `{}`); got.Status != http.StatusNotFound {
				s.t.Errorf("it can still be called: %d", got.Status)
			}
		}},
	},
	"weekly_report": {
		{promise: "the figures by mail", answers: map[string]string{"url": "/figures"}, act: func(s *scene) {
			s.web.say("/figures", http.StatusOK, map[string]any{"orders": 12, "money": 99.5})
			s.strike()
			s.ends(engine.Succeeded, "figures", "tell")
			s.mails(member + ": Figures of the week")
			if body := s.letters()[0][1]; !strings.Contains(body, "orders: 12") || !strings.Contains(body, "money: 99.5") {
				s.t.Errorf("%q", body)
			}
		}},
		{promise: "a page that is no list of figures comes as it is", answers: map[string]string{"url": "/figures"}, act: func(s *scene) {
			s.web.say("/figures", http.StatusOK, []int{1, 2})
			s.strike()
			if body := s.letters()[0][1]; body != "[1,2]" {
				s.t.Errorf("%q", body)
			}
		}},
	},
}

// ordered is the address to call that arrived with the order.
func (s *scene) ordered(what string) (path string) {
	s.t.Helper()
	s.web.mu.Lock()
	defer s.web.mu.Unlock()
	if len(s.web.seen) != 1 {
		s.t.Fatalf("arrived: %q", s.web.seen)
	}
	before, rest, _ := strings.Cut(s.web.seen[0], `"http://levqor.test`)
	path, after, _ := strings.Cut(rest, `"`)
	if before != `POST /order {"call_when_ready":` || after != fmt.Sprintf(`,"order":%q}`, what) {
		s.t.Fatal(s.web.seen[0])
	}
	return path
}
