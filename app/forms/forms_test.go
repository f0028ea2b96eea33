package forms_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"

	"levqor/app/apptest"
	"levqor/jobs/workflow"
)

const questions = `trigger:
  kind: form
  config:
    title: %TITLE%
    intro: "First lines.\n\nMore lines."
    thanks: We call you back.
    fields:
      - {name: who, label: Your name, required: true}
      - {name: mail, label: E-mail, kind: email}
      - {name: count, label: How many, kind: number}
      - {name: size, label: Which size, kind: choice, choices: [small, large]}
      - {name: note, label: Anything else, kind: long_text}
steps: [{id: l, kind: log, config: {message: "${trigger.who} ${text(trigger.count)} ${trigger.size}"}}]
`

// published is a live form and its address.
func published(t *testing.T, h *apptest.House, title string) (id uuid.UUID, address string) {
	t.Helper()
	id = h.Publish("Orders of "+title, strings.Replace(questions, "%TITLE%", title, 1))
	token, err := h.Services.Workflows.Address(t.Context(), h.Actor, id)
	if err != nil || len(token) < 26 {
		t.Fatalf("%q, %v", token, err)
	}
	return id, "/forms/" + token
}

var onceShape = regexp.MustCompile(`name="once" value="([A-Z0-9]{26})"`)

func onceOf(t *testing.T, page string) string {
	t.Helper()
	found := onceShape.FindStringSubmatch(page)
	if found == nil {
		t.Fatalf("nothing tells two answers apart:\n%s", page)
	}
	return found[1]
}

func runs(h *apptest.House, id uuid.UUID) int64 {
	return h.Count(`SELECT count(*) FROM runs WHERE workflow_id = $1`, id)
}

func TestFormIsNotThere(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	id, address := published(t, h, "Roofs")
	hook := h.Publish("Hook", "trigger: {kind: webhook}\nsteps: [{id: l, kind: log, config: {message: in}}]")
	token, err := h.Services.Workflows.Address(t.Context(), h.Actor, hook)
	if err != nil {
		t.Fatal(err)
	}
	refused := func(what, path string, want int) {
		t.Helper()
		for _, a := range []apptest.Answer{h.Anonymous().Get(path), h.Anonymous().Post(path, "answer.who", "Ada"), h.Anonymous().Get(path + "/thanks")} {
			if a.Status != want || strings.Contains(a.Body, "Roofs") {
				t.Errorf("%s: %d", what, a.Status)
			}
		}
	}
	refused("an address that nobody has", "/forms/nothing", http.StatusNotFound)
	refused("a webhook's address", "/forms/"+token, http.StatusNotFound)
	refused("an address in other letters", strings.ToLower(address), http.StatusNotFound)
	if a := h.Anonymous().Post(strings.Replace(address, "/forms/", "/hooks/", 1), "answer.who", "Ada"); a.Status != http.StatusNotFound {
		t.Errorf("a form's address as a webhook: %d", a.Status)
	}
	if err := h.Services.Workflows.Pause(t.Context(), h.Actor, id); err != nil {
		t.Fatal(err)
	}
	refused("of a paused workflow", address, http.StatusConflict)
	if err := h.Services.Workflows.Resume(t.Context(), h.Actor, id); err != nil {
		t.Fatal(err)
	}
	if a := h.Anonymous().Get(address); a.Status != http.StatusOK {
		t.Errorf("resumed: %d", a.Status)
	}
	if err := h.Services.Workflows.Delete(t.Context(), h.Actor, id); err != nil {
		t.Fatal(err)
	}
	refused("of a deleted workflow", address, http.StatusNotFound)
	if n := runs(h, id); n != 0 {
		t.Errorf("%d runs", n)
	}
}

func TestRefusedAnswers(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	id, address := published(t, h, "Roofs")
	visitor := h.Anonymous()
	once := onceOf(t, visitor.Get(address).Body)

	t.Run("each at its question, with all that was typed", func(t *testing.T) {
		a := visitor.Post(address, "once", once, "answer.who", " ", "answer.mail", "nobody", "answer.count", "many", "answer.size", "huge", "answer.note", "kept <b>words</b>")
		if a.Status != http.StatusUnprocessableEntity {
			t.Fatalf("%d", a.Status)
		}
		for _, want := range []string{"“Your name”: This is needed.", "“E-mail”: Write an e-mail address", "“How many”: Write a number", "“Which size”: Choose one", "nobody", "many", "kept &lt;b&gt;words&lt;/b&gt;", `aria-invalid="true"`} {
			if !strings.Contains(a.Body, want) {
				t.Errorf("lacks %q", want)
			}
		}
		if onceOf(t, a.Body) != once {
			t.Error("the page is another one now")
		}
	})
	t.Run("what is too long, or no text", func(t *testing.T) {
		for name, value := range map[string]string{"answer.who": strings.Repeat("ä", workflow.LongestAnswer+1), "answer.note": strings.Repeat("x", workflow.LongestLongAnswer+1),
			"answer.mail": "a\x00@example.com", "answer.count": "NaN"} {
			if a := visitor.Post(address, "once", once, name, value, "answer.who", "Ada"); a.Status != http.StatusUnprocessableEntity {
				t.Errorf("%s: %d", name, a.Status)
			}
		}
		if a := visitor.Post(address, "once", strings.Repeat("x", 65), "answer.who", "Ada"); a.Status != http.StatusUnprocessableEntity {
			t.Errorf("once: %d", a.Status)
		}
	})
	t.Run("from another site", func(t *testing.T) {
		req := httptest.NewRequest(http.MethodPost, address, strings.NewReader("answer.who=Ada"))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", "cross-site")
		if a := visitor.Do(req); a.Status != http.StatusForbidden {
			t.Errorf("%d", a.Status)
		}
	})
	if n := runs(h, id); n != 0 {
		t.Errorf("%d runs", n)
	}
}

func TestAnswersStartARun(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	id, address := published(t, h, "Roofs")
	visitor := h.Anonymous()
	page := visitor.Get(address)
	for _, want := range []string{"<h1", "Roofs", "First lines.", "More lines.", "Your name", "small", "<label for="} {
		if !strings.Contains(page.Body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if len(visitor.Cookie("levqor_session")) > 0 || page.Header.Get("X-Robots-Tag") != "noindex, nofollow" || !strings.Contains(page.Header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("%v", page.Header)
	}
	answers := []string{"once", onceOf(t, page.Body), "answer.who", "Ada", "answer.mail", "", "answer.count", "2.5", "answer.size", "large", "answer.note", "a\r\nb", "answer.more", "left out", "secret", "left out"}
	for range 2 { // a double click
		a := visitor.Post(address, answers...)
		if a.Status != http.StatusSeeOther || a.Location() != address+"/thanks" {
			t.Fatalf("%d %s", a.Status, a.Location())
		}
	}
	if n := runs(h, id); n != 1 {
		t.Errorf("%d runs of a double click", n)
	}
	if n := h.Count(`SELECT count(*) FROM runs WHERE workflow_id = $1 AND cause = 'form'
		AND input = '{"who": "Ada", "mail": "", "count": 2.5, "size": "large", "note": "a\nb"}'`, id); n != 1 {
		t.Error("the run has other answers")
	}
	answers[3] = "Ben" // by way of the back button
	if a := visitor.Post(address, answers...); a.Status != http.StatusSeeOther {
		t.Errorf("%d", a.Status)
	}
	if n := runs(h, id); n != 2 {
		t.Errorf("another answer of the same page: %d runs", n)
	}
	if thanks := visitor.Get(address + "/thanks"); thanks.Status != http.StatusOK || !strings.Contains(thanks.Body, "We call you back.") {
		t.Errorf("%d", thanks.Status)
	}
	h.Advance()
	if n := h.Count(`SELECT count(*) FROM run_steps s JOIN runs r ON r.id = s.run_id WHERE r.workflow_id = $1 AND s.output ->> 'message' = 'Ada 2.5 large'`, id); n != 1 {
		t.Error("steps don't read the answers")
	}
}

func TestBusySender(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	id, address := published(t, h, "Roofs")
	_, other := published(t, h, "Doors")
	h.FreshWindow()
	visitor := h.Anonymous()
	for i := range 20 {
		if a := visitor.Post(address, "answer.who", strings.Repeat("x", i+1)); a.Status != http.StatusSeeOther {
			t.Fatalf("%d: %d", i, a.Status)
		}
	}
	a := visitor.Post(address, "answer.who", "one too many")
	if a.Status != http.StatusTooManyRequests || a.Header.Get("Retry-After") != "600" || !strings.Contains(a.Body, "one too many") || !strings.Contains(a.Body, "role=\"alert\"") {
		t.Errorf("%d %s", a.Status, a.Header.Get("Retry-After"))
	}
	if n := runs(h, id); n != 20 {
		t.Errorf("%d runs", n)
	}
	if a := visitor.Post(other, "answer.who", "Ada"); a.Status != http.StatusSeeOther {
		t.Errorf("another form: %d", a.Status)
	}
}

// TestHostileWords is S4: what a customer writes into a form, and a stranger into
// its answers, is text.
func TestHostileWords(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	const evil = `"><script>alert(1)</script><img src=x onerror=alert(2)>`
	id := h.Publish("Evil", `trigger:
  kind: form
  config:
    title: '`+evil+`'
    intro: '`+evil+`'
    thanks: '[x](javascript:alert(3)) `+evil+`'
    fields:
      - {name: a, label: '`+evil+`', required: true}
      - {name: b, label: B, kind: choice, choices: ['`+evil+`']}
steps: [{id: l, kind: log, config: {message: "${trigger.a}"}}]
`)
	token, err := h.Services.Workflows.Address(t.Context(), h.Actor, id)
	if err != nil {
		t.Fatal(err)
	}
	address, visitor := "/forms/"+token, h.Anonymous()
	pages := []string{visitor.Get(address).Body, visitor.Post(address, "answer.a", "", "answer.b", evil).Body, visitor.Post(address, "answer.a", evil, "answer.b", evil+"x").Body,
		visitor.Get(address + "/thanks").Body}
	if a := visitor.Post(address, "answer.a", evil+" ${secrets} {{1}}", "answer.b", evil); a.Status != http.StatusSeeOther {
		t.Fatalf("%d", a.Status)
	}
	h.Advance()
	if n := h.Count(`SELECT count(*) FROM run_steps s JOIN runs r ON r.id = s.run_id WHERE r.workflow_id = $1 AND s.output ->> 'message' = $2`, id, evil+" ${secrets} {{1}}"); n != 1 {
		t.Error("an answer became something else")
	}
	var run string
	for _, one := range strings.Split(h.Owner.Get("/runs").Body, `"`) {
		if strings.HasPrefix(one, "/runs/") && len(one) > 40 {
			run = one
		}
	}
	pages = append(pages, h.Owner.Get(run).Body, h.Owner.Get("/workflows/"+id.String()+"?panel="+url.QueryEscape("trigger")).Body)
	for i, page := range pages {
		if len(page) < 1000 || strings.Contains(page, "<script>alert") || strings.Contains(page, "<img src=x") || strings.Contains(page, `href="javascript`) {
			t.Errorf("page %d runs what was written", i)
		}
	}
}
