package workflows_test

import (
	"regexp"
	"testing"

	"levqor/app/apptest"
	"levqor/jobs/workflow/flow"
)

var hidden = regexp.MustCompile(`name="(revision|was)" value="([^"]+)"`)

// form is what the drawer's form carries unseen: the draft that it was made for.
func form(answer apptest.Answer) (pairs []string) {
	found := map[string]string{}
	for _, match := range hidden.FindAllStringSubmatch(answer.Body, -1) {
		found[match[1]] = match[2]
	}
	return []string{"revision", found["revision"], "was", found["was"]}
}

func TestTwoPeopleEditOneDraft(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "Chores")
	send := func(hidden []string, pairs ...string) apptest.Answer {
		return d.h.Owner.Post(d.path("/ops"), append(hidden, pairs...)...)
	}
	message := func() any {
		draft := d.now().Draft
		note, _, _ := draft.Find("note")
		return note.Config["message"]
	}
	note := func(text string) []string {
		return []string{"op", "update", "id", "note", "step_id", "note", "name", "Write it down", "set.message", text}
	}
	t.Run("an edit elsewhere is not in the way", func(t *testing.T) {
		mine := form(d.h.Owner.Get(d.path("?step=note")))
		has(t, d.do("op", "insert", "kind", "log", "to", "2"), 303)
		has(t, send(mine, note("mine")...), 303)
		if message() != "mine" {
			t.Error(message())
		}
	})
	t.Run("an edit of the same step shows both, and lets one choose", func(t *testing.T) {
		mine := form(d.h.Owner.Get(d.path("?step=note")))
		has(t, d.do(note("theirs")...), 303)
		answer := send(mine, note("mine again")...)
		has(t, answer, 409, "Somebody else changed this meanwhile", "Message, as saved now theirs", "mine again</textarea>", "Keep mine", "Take theirs")
		if message() != "theirs" {
			t.Error(message())
		}
		has(t, send(form(answer), note("mine again")...), 303)
		if message() != "mine again" {
			t.Error(message())
		}
	})
	t.Run("so does an edit of what starts it", func(t *testing.T) {
		mine := form(d.h.Owner.Get(d.path("?panel=trigger")))
		has(t, d.do("op", "trigger", "kind", "webhook"), 303)
		answer := send(mine, "op", "trigger", "kind", "schedule", "cron", "0 6 * * *", "zone", "UTC")
		has(t, answer, 409, "What starts it, as saved now Webhook", `value="0 6 * * *"`)
		has(t, send(form(answer), "op", "trigger", "kind", "schedule", "cron", "0 6 * * *", "zone", "UTC"), 303)
	})
	t.Run("and of the settings", func(t *testing.T) {
		mine := form(d.h.Owner.Get(d.path("?panel=settings")))
		has(t, d.do("op", "settings", "max_runs", "3"), 303)
		has(t, send(mine, "op", "settings", "max_runs", "7"), 409, "Runs at once, as saved now 3", `value="7"`)
		if got := d.now().Draft.Settings; got != (flow.Settings{MaxRuns: 3}) {
			t.Errorf("%+v", got)
		}
	})
	t.Run("a step that somebody else deleted can be put back as typed", func(t *testing.T) {
		mine := form(d.h.Owner.Get(d.path("?step=note")))
		has(t, d.do("op", "delete", "id", "note"), 303)
		answer := send(mine, append(note("typed for nothing?"), "kind", "log")...)
		has(t, answer, 404, "Somebody else deleted this step meanwhile", "typed for nothing?</textarea>", "Put it back", `name="op" value="insert"`)
		lacks(t, answer, "data-save")
		back := []string{"op", "insert", "id", "note", "kind", "log", "to", "9", "name", "Write it down", "set.message", "not for nothing"}
		has(t, send(form(answer), append(back, "step_id", "No Id")...), 422, "An id starts with a small letter", "not for nothing</textarea>", "Put it back")
		has(t, send(form(answer), append(back, "step_id", "note")...), 303)
		if message() != "not for nothing" {
			t.Error(message())
		}
	})
	t.Run("what is refused stays as typed", func(t *testing.T) {
		answer := d.do("op", "update", "id", "note", "step_id", "No Id", "set.message", "kept as typed")
		has(t, answer, 422, "An id starts with a small letter", "kept as typed</textarea>", `value="No Id"`)
	})
}
