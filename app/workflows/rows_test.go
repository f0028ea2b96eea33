package workflows_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"levqor/jobs/account"
)

func TestRowsOfAForm(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "Orders")
	saved := func(want string) {
		t.Helper()
		if got, err := json.Marshal(d.now().Draft.Trigger.Config); err != nil || string(got) != want {
			t.Errorf("saved as %s, %v", got, err)
		}
	}
	form := func(rows ...string) []string {
		return append([]string{"op", "trigger", "kind", "form", "cron", "0 6 * * *", "set.title", "Order <here>", "set.thanks", "Thanks"}, rows...)
	}
	row := func(name, label, kind, required, choices string) []string {
		return []string{"set.fields.name", name, "set.fields.label", label, "set.fields.kind", kind, "set.fields.required", required, "set.fields.choices", choices}
	}
	rows := append(row("who", "Your name", "text", "on", ""), row("size", "Size", "choice", "", "small\r\nlarge")...)
	t.Run("are kept as typed, but for those without a name", func(t *testing.T) {
		has(t, d.do(form(append(rows, row("", "taken away", "text", "", "")...)...)...), 303)
		saved(`{"fields":[{"kind":"text","label":"Your name","name":"who","required":true},{"choices":["small","large"],"kind":"choice","label":"Size","name":"size"}],"thanks":"Thanks","title":"Order \u003chere\u003e"}`)
		has(t, d.h.Owner.Get(d.path("?panel=trigger")), 200, `value="Your name"`, "small large", "Needed", "The address is shown here once the workflow is published.")
	})
	t.Run("have an address once they are published, for those who manage", func(t *testing.T) {
		has(t, d.h.Owner.Post(d.path("/versions"), "revision", strconv.Itoa(d.now().DraftRevision)), 303)
		page := d.h.Owner.Get(d.path("?panel=trigger"))
		has(t, page, 200, "http://levqor.test/forms/")
		_, rest, _ := strings.Cut(page.Body, "http://levqor.test/forms/")
		token, _, _ := strings.Cut(rest, "<")
		if a := d.h.Anonymous().Get("/forms/" + strings.TrimSpace(token)); a.Status != 200 || !strings.Contains(a.Body, "Order &lt;here&gt;") {
			t.Errorf("the address leads to %d", a.Status)
		}
		if body := d.h.Member(account.RoleViewer).Get(d.path("?panel=trigger")).Body; strings.Contains(body, "levqor.test/forms/") {
			t.Error("a viewer sees it")
		}
	})
	t.Run("say which of them is wrong", func(t *testing.T) {
		has(t, d.do(form(append(rows, row("who", "Again", "text", "", "")...)...)...), 303)
		has(t, d.h.Owner.Get(d.path("?panel=trigger")), 200, "Row 3: a name starts with a small letter")
		has(t, d.do(form(row("n", "N", "choice", "", "")...)...), 303)
		has(t, d.h.Owner.Get(d.path("?panel=trigger")), 200, "Row 1: a list needs its choices")
		has(t, d.do(form()...), 303)
		has(t, d.h.Owner.Get(d.path("?panel=trigger")), 200, "This is needed.")
	})
	t.Run("its address is gone when something else starts it", func(t *testing.T) {
		token, err := d.h.Services.Workflows.Address(t.Context(), d.h.Actor, d.id)
		if err != nil || token == "" {
			t.Fatal(err)
		}
		has(t, d.do("op", "trigger", "kind", "manual"), 303)
		has(t, d.h.Owner.Post(d.path("/versions"), "revision", strconv.Itoa(d.now().DraftRevision)), 303)
		has(t, d.h.Anonymous().Get("/forms/"+token), 404)
	})
}

func TestRowsOfAStep(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "Sorting")
	has(t, d.do("op", "insert", "kind", "ai", "to", "0"), 303)
	has(t, d.do("op", "update", "id", "ai", "step_id", "facts", "set.instructions", "Read it.", "set.fields.name", "urgent", "set.fields.kind", "yes_no", "set.fields.about", "is it?",
		"set.fields.name", "", "set.fields.kind", "text", "set.fields.about", "", "set.fallback", "urgent: true"), 303)
	draft := d.now().Draft
	found, _, ok := draft.Find("facts")
	if !ok {
		t.Fatal("no such step")
	}
	got, err := json.Marshal(found.Config)
	if want := `{"fallback":{"urgent":true},"fields":[{"about":"is it?","kind":"yes_no","name":"urgent"}],"instructions":"Read it."}`; err != nil || string(got) != want {
		t.Errorf("saved as %s, %v", got, err)
	}
	has(t, d.h.Owner.Get(d.path("?step=facts")), 200, "Ask an AI", `value="is it?"`, "urgent: true")
	has(t, d.do("op", "update", "id", "facts", "step_id", "facts", "set.instructions", "Read it."), 303)
	has(t, d.h.Owner.Get(d.path("?step=facts")), 200, "No AI service is set up on this server: a fallback is needed.")
}
