package workflows_test

import (
	"html"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"

	"levqor/app/apptest"
	"levqor/jobs/account"
	"levqor/jobs/workflow"
	"levqor/jobs/workflow/flow"
)

var tag = regexp.MustCompile(`<[^>]*>`)

func even(text string) string { return strings.Join(strings.Fields(text), " ") }

// has checks the status and that each text stands on the page, as people read it
// or as its markup.
func has(t *testing.T, a apptest.Answer, status int, texts ...string) {
	t.Helper()
	body := even(html.UnescapeString(a.Body))
	read := even(tag.ReplaceAllString(body, " "))
	if a.Status != status {
		t.Errorf("status %d, want %d: %s", a.Status, status, a.Location())
	}
	for _, text := range texts {
		if !strings.Contains(body, text) && !strings.Contains(read, text) {
			t.Errorf("%q is not on the page", text)
		}
	}
}

const start = `
trigger: {kind: manual}
steps:
  - {id: note, kind: log, name: Write it down, config: {message: hello}}
  - id: check
    kind: condition
    config: {when: "true"}
    branches:
      - {name: "yes", steps: [{id: wait, kind: delay, config: {seconds: 60}}]}
      - {name: "no", steps: []}
`

// desk is a draft that somebody works on.
type desk struct {
	t  *testing.T
	h  *apptest.House
	id uuid.UUID
}

func newDesk(t *testing.T, name string) *desk {
	t.Helper()
	h := apptest.New(t)
	draft, err := flow.ParseYAML([]byte(start))
	if err != nil {
		t.Fatal(err)
	}
	id, err := h.Services.Workflows.Create(t.Context(), h.Actor, name, "", draft)
	if err != nil {
		t.Fatal(err)
	}
	return &desk{t, h, id}
}

func (d *desk) path(rest string) string { return "/workflows/" + d.id.String() + rest }

func (d *desk) now() workflow.Workflow {
	d.t.Helper()
	found, err := d.h.Services.Workflows.Get(d.t.Context(), d.h.Actor, d.id)
	if err != nil {
		d.t.Fatal(err)
	}
	return found
}

// do sends one edit for the newest draft, as a form without JavaScript does.
func (d *desk) do(pairs ...string) apptest.Answer {
	d.t.Helper()
	return d.h.Owner.Post(d.path("/ops"), append([]string{"revision", strconv.Itoa(d.now().DraftRevision)}, pairs...)...)
}

// order are the ids of all steps, each behind its lane.
func (d *desk) order() string {
	var ids []string
	draft := d.now().Draft
	for place, s := range draft.All() {
		name := s.ID
		if place.Lane.Step != "" {
			name = place.Lane.Step + "." + strconv.Itoa(place.Lane.Branch) + "/" + s.ID
			if place.Lane.Rescue {
				name = place.Lane.Step + ".error/" + s.ID
			}
		}
		ids = append(ids, name)
	}
	return strings.Join(ids, " ")
}

func (d *desk) stands(want string) {
	d.t.Helper()
	if got := d.order(); got != want {
		d.t.Errorf("steps are %q, want %q", got, want)
	}
}

func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "Chores")
	viewer, operator, admin := d.h.Member(account.RoleViewer), d.h.Member(account.RoleOperator), d.h.Member(account.RoleAdmin)
	writes := []string{"", "/deletions", "/ops", "/redo", "/restorations", "/undo", "/versions", "/yaml"}
	form := []string{"revision", "1", "name", "x", "confirm", "Chores", "op", "delete", "id", "note", "number", "1", "yaml", start}
	t.Run("nobody below an admin changes a draft", func(t *testing.T) {
		for _, person := range []*apptest.Person{viewer, operator} {
			for _, path := range writes {
				has(t, person.Post(d.path(path), form...), 403)
			}
			has(t, person.Get("/workflows/new"), 403)
			has(t, person.Post("/workflows/new", "name", "x"), 403)
		}
		d.stands("note check check.0/wait")
	})
	t.Run("a viewer starts and pauses nothing", func(t *testing.T) {
		for _, path := range []string{"/pauses", "/resumptions", "/runs"} {
			has(t, viewer.Post(d.path(path)), 403)
		}
	})
	t.Run("another workspace finds nothing", func(t *testing.T) {
		for _, path := range []string{"", "/versions", "/yaml"} {
			has(t, d.h.Stranger.Get(d.path(path)), 404)
		}
		for _, path := range append(writes, "/pauses", "/resumptions", "/runs") {
			has(t, d.h.Stranger.Post(d.path(path), form...), 404)
		}
	})
	t.Run("a viewer sees the flow with nothing to press", func(t *testing.T) {
		answer := viewer.Get(d.path("?step=note"))
		has(t, answer, 200, "Write it down", "hello", "Later steps can use")
		for _, text := range []string{`name="op"`, "Publish", "Add a step after", "Delete workflow"} {
			if strings.Contains(answer.Body, text) {
				t.Errorf("%q is there", text)
			}
		}
	})
	t.Run("an operator pauses and goes on", func(t *testing.T) {
		has(t, operator.Post(d.path("/pauses")), 303)
		has(t, operator.Get("/workflows"), 200, "Paused")
		has(t, operator.Post(d.path("/resumptions")), 303)
	})
	t.Run("an admin edits", func(t *testing.T) {
		has(t, admin.Get(d.path("?step=note")), 200, `name="op"`, "Publish")
	})
}

func TestTheListSaysHowEachWorkflowIs(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	has(t, h.Owner.Get("/workflows"), 200, "No workflow yet", "New workflow")
	answer := h.Owner.Post("/workflows/new", "name", "Each Monday", "about", "", "start", "yaml", "yaml", `
trigger: {kind: schedule, config: {cron: "0 6 * * MON", zone: UTC}}
steps: [{id: a, kind: log, config: {message: x}}]`)
	if answer.Status != 303 || !strings.HasPrefix(answer.Location(), "/workflows/") {
		t.Fatal(answer.Status, answer.Body)
	}
	has(t, h.Owner.Get("/workflows"), 200, "Each Monday", "every Monday at 06:00", "Draft", "Not yet")
	t.Run("the form says what is wrong and keeps what was typed", func(t *testing.T) {
		has(t, h.Owner.Post("/workflows/new", "name", "", "start", "empty"), 422, `href="#f-name"`)
		has(t, h.Owner.Post("/workflows/new", "name", "each monday", "start", "empty"), 409, "is named")
		has(t, h.Owner.Post("/workflows/new", "name", "B", "start", "yaml", "yaml", "steps: ["), 422, `href="#f-yaml"`, "steps: [")
	})
}

func TestEachEditIsOneForm(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "Chores")
	for _, c := range []struct {
		name  string
		form  []string
		want  string
		focus string
	}{
		{"insert at the end", []string{"op", "insert", "kind", "log", "to", "2"}, "note check check.0/wait log", "log"},
		{"insert into a branch", []string{"op", "insert", "kind", "delay", "to", "check.1.0"}, "note check check.0/wait check.1/delay log", "delay"},
		{"up", []string{"op", "up", "id", "log"}, "note log check check.0/wait check.1/delay", "log"},
		{"down", []string{"op", "down", "id", "log"}, "note check check.0/wait check.1/delay log", "log"},
		{"into the branch above", []string{"op", "in", "id", "log"}, "note check check.0/wait check.0/log check.1/delay", "log"},
		{"on into the next branch", []string{"op", "down", "id", "log"}, "note check check.0/wait check.1/log check.1/delay", "log"},
		{"and back", []string{"op", "up", "id", "log"}, "note check check.0/wait check.0/log check.1/delay", "log"},
		{"out of it", []string{"op", "out", "id", "log"}, "note check check.0/wait check.1/delay log", "log"},
		{"dropped on a gap", []string{"op", "move", "id", "note", "to", "check.1.1"}, "check check.0/wait check.1/delay check.1/note log", "note"},
		{"duplicate", []string{"op", "duplicate", "id", "note"}, "check check.0/wait check.1/delay check.1/note check.1/note_2 log", "note_2"},
		{"delete", []string{"op", "delete", "id", "note_2"}, "check check.0/wait check.1/delay check.1/note log", "note"},
		{"wrap", []string{"op", "wrap", "id", "log", "kind", "for_each"}, "check check.0/wait check.1/delay check.1/note for_each for_each.0/log", "for_each"},
	} {
		t.Run(c.name, func(t *testing.T) {
			answer := d.do(c.form...)
			if answer.Status != 303 || answer.Location() != d.path("?step="+c.focus) {
				t.Error(answer.Status, answer.Location(), answer.Body)
			}
			d.stands(c.want)
		})
	}
	t.Run("undo and redo", func(t *testing.T) {
		back := func(way string) apptest.Answer {
			return d.h.Owner.Post(d.path(way), "revision", strconv.Itoa(d.now().DraftRevision))
		}
		answer := back("/undo")
		if has(t, answer, 303); answer.Location() != d.path("?step=log") {
			t.Error(answer.Location())
		}
		d.stands("check check.0/wait check.1/delay check.1/note log")
		has(t, back("/redo"), 303)
		d.stands("check check.0/wait check.1/delay check.1/note for_each for_each.0/log")
		has(t, back("/redo"), 409, "There is nothing to take back")
	})
	t.Run("who comes second sees the newest draft", func(t *testing.T) {
		answer := d.h.Owner.Post(d.path("/ops"), "revision", "1", "op", "delete", "id", "check")
		has(t, answer, 409, "Somebody else changed the draft meanwhile.", `id="editor"`, `name="revision" value="`+strconv.Itoa(d.now().DraftRevision)+`"`)
	})
	t.Run("at the end of the way it says so", func(t *testing.T) {
		has(t, d.do("op", "up", "id", "check"), 303)
		has(t, d.h.Owner.Get(d.path("")), 200, "The step can’t go further that way.")
	})
	t.Run("what makes no sense is refused in words", func(t *testing.T) {
		has(t, d.do("op", "insert", "kind", "nonsense", "to", "0"), 422, "There is no kind of step “nonsense”.")
		has(t, d.do("op", "insert", "kind", "log", "to", "there"), 422, "is not an edit that fits here")
		has(t, d.do("op", "up", "id", "gone"), 404, "There is no step “gone” any more.")
		has(t, d.do("op", "move", "id", "for_each", "to", "for_each.0.0"), 422, "A step can't move into itself.")
		has(t, d.do("op", "delete", "id", "gone"), 404, "There is no step “gone” any more.")
		has(t, d.do("op", "dance", "id", "log"), 422, "is not an edit that fits here")
	})
}

func TestTheDrawerSavesWhatAStepSays(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "Chores")
	step := func(id string) flow.Step {
		t.Helper()
		draft := d.now().Draft
		found, _, ok := draft.Find(id)
		if !ok {
			t.Fatalf("no step %s", id)
		}
		return *found
	}
	t.Run("settings of every type", func(t *testing.T) {
		has(t, d.do("op", "insert", "kind", "http_request", "to", "0"), 303)
		answer := d.do("op", "update", "id", "http_request", "step_id", "tell", "name", "Tell them", "set.method", "POST", "set.url", "https://a.example/${ trigger.id }",
			"set.headers.name", "X-Id", "set.headers.value", "${ trigger.id }", "set.headers.name", "", "set.headers.value", "",
			"set.body", "a: 1\nb: [true, x]", "set.accept_errors", "on", "on_error", "branch", "retry_max", "4", "retry_first", "10", "timeout", "20", "once", "on", "expires", "60", "not_author", "on")
		if answer.Status != 303 || answer.Location() != d.path("?step=tell") {
			t.Fatal(answer.Status, answer.Location(), answer.Body)
		}
		s := step("tell")
		body, _ := s.Config["body"].(map[string]any)
		headers, _ := s.Config["headers"].(map[string]any)
		if s.Name != "Tell them" || s.Config["method"] != "POST" || body["a"] != float64(1) || len(headers) != 1 || s.Config["accept_errors"] != true {
			t.Errorf("saved as %+v", s)
		}
		if s.OnError != flow.Branches || s.Retry == nil || s.Retry.Max != 4 || s.Timeout != 20 || !s.Once || s.Approval == nil || !s.Approval.NotAuthor || s.Approval.ExpiresMinutes != 60 {
			t.Errorf("saved as %+v", s)
		}
		has(t, d.h.Owner.Get(d.path("?step=tell")), 200, `value="https://a.example/${ trigger.id }"`, "a: 1", "steps.tell.status", "If it fails")
		has(t, d.do("op", "insert", "kind", "log", "to", "tell.error.0"), 303)
	})
	t.Run("a number that is an expression stays one", func(t *testing.T) {
		has(t, d.do("op", "update", "id", "wait", "step_id", "wait", "set.seconds", "${ trigger.n }"), 303)
		if got := step("wait").Config["seconds"]; got != "${ trigger.n }" {
			t.Error(got)
		}
	})
	t.Run("what is wrong stands at its field, and on the card", func(t *testing.T) {
		has(t, d.do("op", "update", "id", "wait", "step_id", "wait", "set.seconds", "soon"), 303)
		has(t, d.h.Owner.Get(d.path("?step=wait")), 200, "This is a number.", "To mend")
		has(t, d.do("op", "update", "id", "wait", "step_id", "No Id", "set.seconds", "5"), 422, "An id starts with a small letter")
	})
	t.Run("a case keeps its steps under a new name", func(t *testing.T) {
		has(t, d.do("op", "insert", "kind", "switch", "to", "0"), 303)
		has(t, d.do("op", "insert", "kind", "log", "to", "switch.0.0"), 303)
		has(t, d.do("op", "update", "id", "switch", "step_id", "switch", "branch.name", "big", "branch.was", "1", "branch.when", "trigger.n > 10", "branch.name", "small", "branch.was", "", "branch.when", "trigger.n < 2"), 303)
		s := step("switch")
		if len(s.Branches) != 3 || s.Branches[0].Name != "big" || len(s.Branches[0].Steps) != 1 || s.Branches[1].When != "trigger.n < 2" || s.Branches[2].Name != "else" {
			t.Errorf("saved as %+v", s.Branches)
		}
	})
}

func TestTheTriggerAndTheSettings(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "Chores")
	t.Run("each kind keeps what is its own", func(t *testing.T) {
		has(t, d.do("op", "trigger", "kind", "schedule", "cron", "0 6 * * *", "zone", "UTC", "event", "backup.failed"), 303)
		if got := d.now().Draft.Trigger; got.Config["cron"] != "0 6 * * *" || got.Config["event"] != nil {
			t.Errorf("%+v", got)
		}
		has(t, d.do("op", "trigger", "kind", "schedule", "cron", "never", "zone", "UTC"), 303)
		has(t, d.h.Owner.Get(d.path("?panel=trigger")), 200, "This schedule never comes.")
		has(t, d.do("op", "trigger", "kind", "moon"), 422, "There is no such way to start.")
	})
	t.Run("the address of a webhook is for those who manage", func(t *testing.T) {
		has(t, d.do("op", "trigger", "kind", "webhook", "sync", "on", "signed", "on"), 303)
		has(t, d.h.Owner.Post(d.path("/versions"), "revision", strconv.Itoa(d.now().DraftRevision)), 303)
		has(t, d.h.Owner.Get(d.path("?panel=trigger")), 200, "http://levqor.test/hooks/", "Key that signs the calls")
		viewer := d.h.Member(account.RoleViewer)
		for _, path := range []string{"?panel=trigger", "/yaml"} {
			if body := viewer.Get(d.path(path)).Body; strings.Contains(body, "Key that signs the calls") || strings.Contains(body, "levqor.test/hooks/") {
				t.Errorf("a viewer sees it at %s", path)
			}
		}
	})
	t.Run("settings are whole numbers", func(t *testing.T) {
		has(t, d.do("op", "settings", "max_runs", "3", "deadline_minutes", "", "saves_minutes", "10"), 303)
		if got := d.now().Draft.Settings; got.MaxRuns != 3 || got.SavesMinutes != 10 {
			t.Errorf("%+v", got)
		}
		has(t, d.do("op", "settings", "max_runs", "many"), 422, "Use a whole number")
	})
}

func TestFromDraftToVersion(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "Chores")
	publish := func() apptest.Answer {
		return d.h.Owner.Post(d.path("/versions"), "revision", strconv.Itoa(d.now().DraftRevision), "note", "as agreed")
	}
	t.Run("a draft with something to mend is not published", func(t *testing.T) {
		has(t, d.do("op", "insert", "kind", "log", "to", "0"), 303)
		has(t, publish(), 422, "The draft can’t be published yet", "This is needed.")
		has(t, d.do("op", "delete", "id", "log"), 303)
	})
	t.Run("it is published once", func(t *testing.T) {
		has(t, publish(), 303)
		has(t, d.h.Owner.Get(d.path("")), 200, "version 1 is live")
		has(t, publish(), 409, "Nothing changed since the last version.")
	})
	t.Run("the bar counts what the draft changes", func(t *testing.T) {
		has(t, d.do("op", "insert", "kind", "log", "to", "0"), 303)
		has(t, d.do("op", "update", "id", "log", "step_id", "log", "set.message", "x"), 303)
		has(t, d.h.Owner.Get(d.path("")), 200, "+1", "What the draft changes")
		has(t, publish(), 303)
	})
	t.Run("an earlier version becomes the draft again", func(t *testing.T) {
		has(t, d.h.Owner.Get(d.path("/versions")), 200, "What version 2 changed", "as agreed", "Added")
		has(t, d.h.Owner.Post(d.path("/restorations"), "revision", strconv.Itoa(d.now().DraftRevision), "number", "1"), 303)
		d.stands("note check check.0/wait")
	})
	t.Run("YAML goes out and comes back the same", func(t *testing.T) {
		out := d.h.Owner.Get(d.path("/yaml"))
		if !strings.Contains(out.Header.Get("Content-Disposition"), "chores.yaml") {
			t.Error(out.Header)
		}
		has(t, d.do("op", "delete", "id", "note"), 303)
		has(t, d.h.Owner.Post(d.path("/yaml"), "revision", strconv.Itoa(d.now().DraftRevision), "yaml", out.Body), 303)
		d.stands("note check check.0/wait")
		has(t, d.h.Owner.Post(d.path("/yaml"), "revision", strconv.Itoa(d.now().DraftRevision), "yaml", "x: ["), 422, `data-open-now`)
	})
	t.Run("a run is shown on the cards", func(t *testing.T) {
		answer := d.h.Owner.Post(d.path("/runs"), "input", `{"n": 1}`)
		if answer.Status != 303 || !strings.Contains(answer.Location(), "?run=") {
			t.Fatal(answer.Status, answer.Body)
		}
		d.h.Advance()
		has(t, d.h.Owner.Get(answer.Location()), 200, "Waiting", "Hide run 1")
		has(t, d.h.Owner.Post(d.path("/runs"), "input", "{"), 422, "This is not JSON.")
	})
	t.Run("it gets a new name, and goes by its name only", func(t *testing.T) {
		has(t, d.h.Owner.Post(d.path(""), "name", "Duties", "about", "all of them"), 303)
		has(t, d.h.Owner.Post(d.path(""), "name", ""), 422, `value=""`)
		has(t, d.h.Owner.Post(d.path("/deletions"), "confirm", "Chores"), 422, "That is not the name. Type Duties.")
		has(t, d.h.Owner.Post(d.path("/deletions"), "confirm", "Duties"), 303)
		has(t, d.h.Owner.Get(d.path("")), 404)
	})
}

func TestAddingAStepIsFound(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "Chores")
	has(t, d.h.Owner.Get(d.path("?add=1&q=log")), 200, `value="log"`, `name="to" value="1"`)
	has(t, d.h.Owner.Get(d.path("?add=1&q=nothinglikeit")), 200, "No kind of step has these words.")
	if body := d.h.Owner.Get(d.path("?add=nowhere.0.1")).Body; strings.Contains(body, `value="insert"`) {
		t.Error("a step can be added to a branch that is not there")
	}
}
