package workflows_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"

	"levqor/app/apptest"
	"levqor/jobs/account"
)

// post sends a form for the newest draft.
func (d *desk) post(p *apptest.Person, path string, pairs ...string) apptest.Answer {
	d.t.Helper()
	return p.Post(d.path(path), append([]string{"revision", strconv.Itoa(d.now().DraftRevision)}, pairs...)...)
}

func TestAStepIsTested(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "Chores")
	has(t, d.do("op", "insert", "kind", "transform", "to", "1"), 303)
	has(t, d.do("op", "update", "id", "transform", "step_id", "sum", "set.values.name", "total", "set.values.value", "${ trigger.a + 1 }"), 303)
	step := d.path("?step=sum")
	t.Run("who may not edit sees nothing of it, and tests nothing", func(t *testing.T) {
		for _, role := range []account.Role{account.RoleViewer, account.RoleOperator} {
			person := d.h.Member(role)
			lacks(t, person.Get(step), "/tests", "Test this step", "Test the draft")
			has(t, d.post(person, "/tests", "step", "sum"), 403)
			has(t, d.post(person, "/pins", "step", "sum"), 403)
		}
		has(t, d.post(d.h.Stranger, "/tests", "step", "sum"), 404)
		has(t, d.post(d.h.Stranger, "/pins", "step", "sum"), 404)
	})
	t.Run("what is not JSON comes back to its field", func(t *testing.T) {
		has(t, d.post(d.h.Owner, "/tests", "step", "sum", "sample", `{"trigger": no`), 422, "This is not JSON.", `{"trigger": no`, "Test this step")
	})
	t.Run("a draft that changed meanwhile is shown first", func(t *testing.T) {
		has(t, d.h.Owner.Post(d.path("/tests"), "revision", "1", "step", "sum", "sample", `{"trigger": {"a": 5}}`), 409, `{"trigger": {"a": 5}}`)
	})
	t.Run("it shows what a step gives with the data that was typed", func(t *testing.T) {
		has(t, d.h.Owner.Get(step), 200, "Data for the test", `"trigger": {}`)
		answer := d.post(d.h.Owner, "/tests", "step", "sum", "sample", `{"trigger": {"a": 41}}`)
		test, run := testOf(t, answer)
		has(t, d.h.Owner.Get(test), 200, "topic=run-"+run, `href="/runs/`+run+`"`)
		d.h.Advance()
		has(t, d.h.Owner.Get(test), 200, `"total": 42`, "Pin this output")
		lacks(t, d.h.Owner.Get(step+"&test="+uuid.NewString()), "Open the test", "Pin this output")
		has(t, d.post(d.h.Owner, "/pins", "step", "sum", "test", run), 303)
		has(t, d.h.Owner.Get(step), 200, "Its output is pinned.", "Unpin", `"total": 42`)
	})
	t.Run("what is pinned stays when its settings are saved, and goes when it is unpinned", func(t *testing.T) {
		has(t, d.do("op", "update", "id", "sum", "step_id", "sum", "set.values.name", "total", "set.values.value", "1"), 303)
		has(t, d.h.Owner.Get(d.path("")), 200, "Pinned")
		has(t, d.post(d.h.Owner, "/pins", "step", "sum"), 303)
		lacks(t, d.h.Owner.Get(step), "Pinned", "Unpin")
	})
	t.Run("only what this workflow gave is pinned", func(t *testing.T) {
		has(t, d.post(d.h.Owner, "/pins", "step", "sum", "test", uuid.NewString()), 404)
		has(t, d.post(d.h.Owner, "/pins", "step", "sum", "test", "x"), 404)
		other := d.h.Run(d.h.Publish("Other", `{trigger: {kind: manual}, steps: [{id: sum, kind: transform, config: {values: {total: 7}}}]}`), nil)
		has(t, d.post(d.h.Owner, "/pins", "step", "sum", "test", other.String()), 404)
		has(t, d.post(d.h.Owner, "/pins", "step", "gone"), 404)
	})
	t.Run("a failure is said", func(t *testing.T) {
		has(t, d.do("op", "update", "id", "sum", "step_id", "sum", "set.values.name", "total", "set.values.value", "${ trigger.a / 0.0 + trigger.nothing }"), 303)
		test, _ := testOf(t, d.post(d.h.Owner, "/tests", "step", "sum", "sample", `{"trigger": {"a": 1}}`))
		d.h.Advance()
		answer := d.h.Owner.Get(test)
		has(t, answer, 200, "Failed", "nothing")
		lacks(t, answer, "Pin this output")
	})
}

func TestTheDraftIsTested(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "Chores")
	has(t, d.h.Owner.Get(d.path("")), 200, "Test the draft")
	has(t, d.post(d.h.Owner, "/tests", "sample", "{"), 422, "This is not JSON.", `data-open-now`)
	answer := d.post(d.h.Owner, "/tests", "sample", `{"n": 1}`)
	if answer.Status != 303 || !strings.Contains(answer.Location(), "?run=") {
		t.Fatal(answer.Status, answer.Location())
	}
	d.h.Advance()
	has(t, d.h.Owner.Get(answer.Location()), 200, "Waiting")
}

func TestAnUndoPointIsChosen(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "Chores")
	lacks(t, d.h.Owner.Get(d.path("?step=note")), "back up and hold")
	has(t, d.do("op", "insert", "kind", "http_request", "to", "0"), 303)
	has(t, d.h.Owner.Get(d.path("?step=http_request")), 200, "Before this runs, back up and hold", "No source")
	source := uuid.NewString()
	has(t, d.do("op", "update", "id", "http_request", "step_id", "http_request", "set.url", "https://a.example", "undo", source), 303)
	if got := d.now().Draft.Steps[0].Undo; got != source {
		t.Errorf("the undo point is %q", got)
	}
	has(t, d.h.Owner.Get(d.path("?step=http_request")), 200, `value="`+source+`" selected`)
}

var testID = regexp.MustCompile(`&test=([0-9a-f-]{36})$`)

func testOf(t *testing.T, answer apptest.Answer) (path, run string) {
	t.Helper()
	found := testID.FindStringSubmatch(answer.Location())
	if answer.Status != 303 || found == nil {
		t.Fatal(answer.Status, answer.Location(), answer.Body)
	}
	return answer.Location(), found[1]
}

func lacks(t *testing.T, answer apptest.Answer, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(answer.Body, text) {
			t.Errorf("%q is on the page", text)
		}
	}
}
