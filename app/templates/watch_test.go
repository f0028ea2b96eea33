package templates_test

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"levqor/jobs/workflow/engine"
)

var watchPlays = map[string][]play{
	"chat_on_failure": {
		{promise: "the owner allows it once, then it posts by itself, also to a chat that was away", answers: map[string]string{"url": "/chat"}, act: func(s *scene) {
			s.web.say("/chat", http.StatusServiceUnavailable, nil)
			must(s.t, os.RemoveAll(s.dir))
			s.backUp()
			s.got()
			s.always()
			s.ends(engine.Waiting)
			s.web.say("/chat", http.StatusOK, nil)
			s.pass(time.Minute)
			s.ends(engine.Succeeded, "post")
			line := fmt.Sprintf(`POST /chat {"text":"The backup of %s failed"}`, s.name())
			s.got(line, line)
			s.backUp()
			s.ends(engine.Succeeded, "post")
			s.got(line, line, line)
		}},
	},
	"dead_mans_switch": {
		{promise: "a backup is followed by a sign of life", answers: map[string]string{"url": "/ping"}, act: func(s *scene) {
			s.strike()
			s.ends(engine.Succeeded, "backup", "ping")
			s.got("GET /ping")
		}},
		{promise: "without a backup it is silent", answers: map[string]string{"url": "/ping"}, act: func(s *scene) {
			must(s.t, os.RemoveAll(s.dir))
			s.strike()
			s.ends(engine.Failed, "backup")
			s.got()
		}},
	},
	"growth_report": {
		{promise: "the tenth copy is told of", act: func(s *scene) {
			s.backUp()
			s.ends(engine.Succeeded, "count", "tenth", "note")
			s.Exec(`UPDATE workflow_values SET value = '9' WHERE workflow_id = $1`, s.workflow)
			s.write(s.dir, 3000)
			s.backUp()
			s.ends(engine.Succeeded, "count", "tenth", "tell")
			s.mails(member + ": 10 copies of " + s.name())
			if body := s.letters()[0][1]; body != "The newest has 3 MB in 1 files." {
				s.t.Error(body)
			}
		}},
	},
	"overdue_escalation": {
		{promise: "it catches up by itself within the hour", answers: map[string]string{"then": "boss@example.org"}, act: func(s *scene) {
			s.overdue()
			s.mails(member + ": " + s.name() + " is overdue")
			s.pass(time.Hour + time.Second)
			s.ends(engine.Succeeded, "first", "wait", "try", "failed", "note")
			if n := len(s.copies()); n != 2 {
				s.t.Errorf("%d copies", n)
			}
		}},
		{promise: "the next person hears of it when it can't", answers: map[string]string{"then": "boss@example.org"}, act: func(s *scene) {
			s.overdue()
			must(s.t, os.RemoveAll(s.dir))
			s.pass(time.Hour + time.Second)
			s.yes() // they are no member
			s.ends(engine.Succeeded, "first", "wait", "try", "failed", "second")
			s.mails(member+": "+s.name()+" is overdue", "boss@example.org: "+s.name()+" is still overdue")
		}},
	},
	"shrunk_backup": {
		{promise: "the larger copy is held when the next has less than half; a little less is nothing to tell", act: func(s *scene) {
			s.backUp()
			s.ends(engine.Succeeded, "copy", "half", "note")
			s.write(s.dir, 30)
			s.backUp()
			s.ends(engine.Succeeded, "copy", "half", "note")
			s.mails()
			s.write(s.dir, 14)
			s.backUp()
			s.ends(engine.Succeeded, "copy", "half", "hold", "tell")
			s.mails(member + ": " + s.name() + " shrank to less than half")
			if n := s.Count(`SELECT count(*) FROM holds WHERE snapshot_id = $1`, s.copies()[1]); n != 1 {
				s.t.Errorf("the larger copy has %d holds: %q", n, s.held())
			}
		}},
	},
	"site_check": {
		{promise: "one mail when it goes down, one when it is back", answers: map[string]string{"url": "/shop"}, act: func(s *scene) {
			look := func(status int, last string) {
				s.t.Helper()
				s.web.say("/shop", status, nil)
				s.strike()
				s.pass(time.Minute) // for the tries in between
				s.pass(time.Minute)
				s.ends(engine.Succeeded, "look", "down", "news", last)
			}
			look(http.StatusOK, "note")
			look(http.StatusServiceUnavailable, "tell")
			look(http.StatusServiceUnavailable, "note")
			s.mails(member + ": The site does not answer")
			look(http.StatusOK, "good_news")
			look(http.StatusOK, "note")
			s.mails(member+": The site does not answer", member+": The site answers again")
			if body := s.letters()[0][1]; !strings.Contains(body, s.web.address+"/shop") {
				s.t.Error(body)
			}
		}},
	},
	"status_page": {
		{promise: "each passed proof is posted", answers: map[string]string{"url": "/status"}, act: func(s *scene) {
			s.backUp()
			s.prove()
			s.always()
			s.ends(engine.Succeeded, "post")
			if seen := s.web.seen; len(seen) != 1 || !strings.HasPrefix(seen[0], `POST /status {"proven":"20`) || !strings.Contains(seen[0], `"source":"`+s.name()+`"`) {
				s.t.Errorf("%q", seen)
			}
		}},
	},
	"weekly_proof_report": {
		{promise: "a good week", act: func(s *scene) {
			s.backUp()
			s.strike()
			s.ends(engine.Succeeded, "proof", "tell")
			s.mails(member + ": Weekly proof of " + s.name() + ": passed")
			if body := s.letters()[0][1]; !strings.Contains(body, "checks passed. Restored in ") {
				s.t.Error(body)
			}
		}},
		{promise: "a bad one", act: func(s *scene) {
			s.backUp()
			s.spoil()
			s.strike()
			s.ends(engine.Succeeded, "proof", "tell")
			s.mails(member + ": Weekly proof of " + s.name() + ": FAILED")
		}},
	},
}

// overdue lets a source's copy grow older than it may, and the watch see it.
func (s *scene) overdue() {
	s.t.Helper()
	s.backUp()
	s.Services.Clock.Shift(7 * time.Hour)
	must(s.t, s.Services.Alerts.SweepOverdue(s.t.Context()))
	must(s.t, s.Services.Workflows.SweepEvents(s.t.Context()))
	s.settle()
	if !slices.Contains([]engine.State{engine.Waiting}, s.run().State) {
		s.t.Fatalf("it is %s", s.run().State)
	}
}
