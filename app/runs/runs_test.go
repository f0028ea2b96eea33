package runs_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"levqor/app/apptest"
	"levqor/jobs/account"
)

func has(t *testing.T, answer apptest.Answer, status int, texts ...string) {
	t.Helper()
	if answer.Status != status {
		t.Errorf("answered %d, want %d", answer.Status, status)
	}
	for _, text := range texts {
		if !strings.Contains(answer.Body, text) {
			t.Errorf("the page lacks %q", text)
		}
	}
}

func lacks(t *testing.T, answer apptest.Answer, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(answer.Body, text) {
			t.Errorf("the page has %q", text)
		}
	}
}

const askFirst = `
trigger: {kind: manual}
steps:
  - {id: sum, kind: transform, config: {values: {total: "${trigger.a + 1}"}}}
  - id: big
    kind: condition
    name: Is it big?
    config: {when: steps.sum.total > 3}
    branches:
      - {name: "yes", steps: [{id: tell, kind: http_request, name: Tell the bank, config: {method: POST, url: "http://127.0.0.1:1/pay", body: "pay ${steps.sum.total} <b>"}}]}
      - {name: "no", steps: [{id: quiet, kind: log, name: Write it down, config: {message: small}}]}
  - id: each
    kind: for_each
    config: {items: "trigger.list", collect: "steps.line.message"}
    branches: [{name: each, steps: [{id: line, kind: log, name: One line, config: {message: "line ${item}"}}]}]`

var hash = regexp.MustCompile(`name="hash" value="([0-9a-f]{64})"`)

func hashOn(t *testing.T, p *apptest.Person, page string) string {
	t.Helper()
	found := hash.FindStringSubmatch(p.Get(page).Body)
	if found == nil {
		t.Fatal("the page asks nothing")
	}
	return found[1]
}

func TestAQuestion(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	workflow := h.Publish("Pay", askFirst)
	page := "/runs/" + h.Run(workflow, map[string]any{"a": 9, "list": []any{"x", "y"}}).String()
	viewer, operator := h.Member(account.RoleViewer), h.Member(account.RoleOperator)
	t.Run("nobody else finds it", func(t *testing.T) {
		for _, path := range []string{page, "/runs/" + uuid.NewString(), "/runs/x", page + "/replays/new"} {
			has(t, h.Stranger.Get(path), 404)
		}
		for _, path := range []string{"/cancellations", "/decisions", "/retries", "/replays"} {
			has(t, h.Stranger.Post(page+path, "key", "tell", "answer", "approve"), 404)
		}
	})
	t.Run("a viewer sees what will run, and can do nothing", func(t *testing.T) {
		answer := viewer.Get(page)
		has(t, answer, 200, "May it run: <bdi>Tell the bank</bdi>?", "http://127.0.0.1:1/pay", "pay 10 &lt;b&gt;", "An operator, an admin or an owner can answer this.", "It waits for a person.")
		lacks(t, answer, "/decisions", "/cancellations", "/replays")
		for _, path := range []string{"/cancellations", "/decisions", "/retries", "/replays"} {
			has(t, viewer.Post(page+path, "key", "tell", "answer", "approve"), 403)
		}
		has(t, viewer.Get(page+"/replays/new"), 403)
	})
	t.Run("everybody's rail counts it, and it is in the list of questions", func(t *testing.T) {
		has(t, viewer.Get("/approvals"), 200, "Tell the bank", "<bdi>Pay</bdi>, run 1", page+"?step=tell", `<span class="rail-count">`)
		has(t, h.Stranger.Get("/approvals"), 200, "Nobody is asked anything")
		lacks(t, h.Stranger.Get("/approvals"), "rail-count")
		has(t, viewer.Get("/"), 200, "<bdi>Pay</bdi>: a step waits for a person", `href="`+page+`"`)
	})
	t.Run("only an owner may allow it for good", func(t *testing.T) {
		has(t, h.Owner.Get(page), 200, "Always allow", "POST http://127.0.0.1:1")
		lacks(t, operator.Get(page), "Always allow")
		has(t, operator.Post(page+"/decisions", "key", "tell", "hash", hashOn(t, operator, page), "answer", "approve", "always", "on"), 403)
	})
	t.Run("a no without a reason comes back to its field", func(t *testing.T) {
		has(t, operator.Post(page+"/decisions", "key", "tell", "hash", hashOn(t, operator, page), "answer", "reject"), 422, "Say why, so that others can learn from it.", `aria-invalid="true"`)
	})
	t.Run("what was not seen is not approved", func(t *testing.T) {
		has(t, operator.Post(page+"/decisions", "key", "tell", "hash", "other", "answer", "approve"), 409, "What would run has changed since you looked.")
	})
	t.Run("a no ends the run, and its reason is told", func(t *testing.T) {
		sent := hashOn(t, operator, page)
		if answer := operator.Post(page+"/decisions", "key", "tell", "hash", sent, "answer", "reject", "reason", "too much"); answer.Status != 303 || answer.Location() != page {
			t.Fatal(answer.Status, answer.Location())
		}
		h.Advance()
		has(t, operator.Get(page), 200, "said no: too much", "Retry from the failed step", "Run again", "Skipped")
		lacks(t, operator.Get(page), "May it run", "Cancel the run")
		has(t, operator.Post(page+"/decisions", "key", "tell", "hash", sent, "answer", "approve"), 409, "decided before")
		has(t, operator.Get("/"), 200, "<bdi>Pay</bdi>: it failed", "A run failed in the last 24 hours.", `href="`+page+`"`)
	})
	t.Run("the step that failed asks once more after a retry", func(t *testing.T) {
		if answer := operator.Post(page + "/retries"); answer.Status != 303 {
			t.Fatal(answer.Status)
		}
		h.Advance()
		has(t, operator.Get(page), 200, "May it run", "1 try before did not work")
		lacks(t, operator.Get(page), "It was tried before")
		if answer := operator.Post(page + "/cancellations"); answer.Status != 303 {
			t.Fatal(answer.Status)
		}
		has(t, operator.Get(page), 200, "The run was stopped.", "Cancelled")
		has(t, operator.Get(page+"?step=tell"), 200, "It was waiting when the run was cancelled.", ", 1 cancelled")
		has(t, operator.Post(page+"/cancellations"), 409, "The run is over.")
		has(t, operator.Post(page+"/retries"), 409, "Only a failed run can be taken up again.")
	})
}

func TestAQuestionIsAskedAgainOnceItWasTried(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	page := "/runs/" + h.Run(h.Publish("Pay once", `{trigger: {kind: manual}, steps: [{id: tell, kind: http_request, retry: {max: 0}, config: {method: POST, url: "http://127.0.0.1:1/pay"}}]}`), nil).String()
	lacks(t, h.Owner.Get(page), "It was tried before")
	has(t, h.Owner.Post(page+"/decisions", "key", "tell", "hash", hashOn(t, h.Owner, page), "answer", "approve"), 303)
	h.Advance()
	has(t, h.Owner.Post(page+"/retries"), 303)
	h.Advance()
	has(t, h.Owner.Get(page), 200, "May it run", "It was tried before, and failed. A yes is good for one doing, so it is asked again.")
}

func TestTheStepsOfARun(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	page := "/runs/" + h.Run(h.Publish("Small <i>", askFirst), map[string]any{"a": 1, "list": []any{"x", "y"}}).String()
	t.Run("each is there, in its place, with the way that was taken", func(t *testing.T) {
		has(t, h.Owner.Get(page), 200, "Small &lt;i&gt;", "by <bdi>", "Version 1", "6 of 7 done, 1 skipped", "Is it big?", "No", "Write it down", "item 1", "item 2", "Needs approval", "Skipped", `class="ps-5"`)
	})
	t.Run("one opens by its address", func(t *testing.T) {
		has(t, h.Owner.Get(page+"?step=each%5B1%5D%2Fline"), 200, "<em>&#34;message&#34;</em>: &#34;line y&#34;", "data-copy-from")
		has(t, h.Owner.Get(page+"?step=tell"), 200, "The run did not come to this step.")
		has(t, h.Owner.Get(page+"?step=@start"), 200, "What it was started with", "<em>&#34;a&#34;</em>: 1")
		has(t, h.Owner.Get(page+"?step=nothing"), 200)
	})
	t.Run("it follows its run", func(t *testing.T) {
		has(t, h.Owner.Get(page), 200, "topic="+strings.Replace(page[1:], "/", "", 1)[0:3], `hx-select="#run"`)
	})
	t.Run("a deleted workflow's run stays, and leads nowhere that is gone", func(t *testing.T) {
		id := h.Publish("Gone", "trigger: {kind: manual}\nsteps: [{id: a, kind: log, config: {message: x}}]")
		page := "/runs/" + h.Run(id, nil).String()
		has(t, h.Owner.Get(page), 200, "/workflows/"+id.String(), "Run again")
		if err := h.Services.Workflows.Delete(t.Context(), h.Actor, id); err != nil {
			t.Fatal(err)
		}
		answer := h.Owner.Get(page)
		has(t, answer, 200, "Gone")
		lacks(t, answer, "/workflows/"+id.String(), "Run again")
		has(t, h.Owner.Get(page+"/replays/new"), 404)
	})
}

func TestWhyARunWaits(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	t.Run("for a moment", func(t *testing.T) {
		page := "/runs/" + h.Run(h.Publish("Later", "trigger: {kind: manual}\nsteps: [{id: d, kind: delay, config: {seconds: 3600}}]"), nil).String()
		has(t, h.Owner.Get(page), 200, "It waits until <time", "Waiting", "Cancel the run")
	})
	t.Run("for the run before it", func(t *testing.T) {
		id := h.Publish("One", "trigger: {kind: manual}\nsettings: {max_runs: 1}\nsteps: [{id: d, kind: delay, config: {seconds: 3600}}]")
		h.Run(id, nil)
		page := "/runs/" + h.Run(id, nil).String()
		has(t, h.Owner.Get(page), 200, "It is held until the run before it is over.", "Held")
	})
	t.Run("for the next try", func(t *testing.T) {
		page := "/runs/" + h.Run(h.Publish("Ask", `{trigger: {kind: manual}, steps: [{id: g, kind: http_request, config: {url: "http://127.0.0.1:1/"}}]}`), nil).String()
		has(t, h.Owner.Get(page), 200, "It tries again <time", "Trying again", "1 try before did not work")
	})
	t.Run("for a worker", func(t *testing.T) {
		id := h.Publish("Soon", "trigger: {kind: manual}\nsteps: [{id: a, kind: log, config: {message: x}}]")
		started, err := h.Services.Workflows.Start(t.Context(), h.Actor, id, nil)
		if err != nil {
			t.Fatal(err)
		}
		has(t, h.Owner.Get("/runs/"+started.ID.String()), 200, "It begins as soon as a worker is free.", "Not yet")
	})
}

func TestRunningAgain(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	id := h.Publish("Greet", `{trigger: {kind: manual}, steps: [{id: a, kind: log, config: {message: "${trigger.name}"}}]}`)
	first := "/runs/" + h.Run(id, map[string]any{"name": "Ann <3"}).String()
	t.Run("the form has the input of that time", func(t *testing.T) {
		has(t, h.Owner.Get(first+"/replays/new"), 200, "Run <bdi>Greet</bdi> again", "&#34;Ann &lt;3&#34;")
	})
	t.Run("what is not JSON comes back", func(t *testing.T) {
		has(t, h.Owner.Post(first+"/replays", "input", "{no"), 422, "This is not JSON.", "{no")
	})
	t.Run("it runs with other words, and leads to the run before it", func(t *testing.T) {
		answer := h.Owner.Post(first+"/replays", "input", `{"name": "Bea"}`, "version", "live")
		h.Advance()
		if answer.Status != 303 || answer.Location() == first {
			t.Fatal(answer.Status)
		}
		has(t, h.Owner.Get(answer.Location()), 200, "Bea", `href="`+first+`"`, "Started again", "Version 1")
	})
}

func TestList(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	t.Run("before the first run it says how one comes to be", func(t *testing.T) {
		has(t, h.Owner.Get("/runs"), 200, "Nothing ran yet", `href="/workflows"`)
	})
	quick := h.Publish("Quick", `{trigger: {kind: manual}, steps: [{id: a, kind: condition, config: {when: "trigger.ok"}, branches: [{name: "yes", steps: []}, {name: "no", steps: [{id: s, kind: stop, config: {as: failed, message: "not ok"}}]}]}]}`)
	slow := h.Publish("Slow", "trigger: {kind: manual}\nsteps: [{id: d, kind: delay, config: {seconds: 60}}]")
	var want []string
	for range 60 {
		want = append([]string{h.Run(quick, map[string]any{"ok": true}).String()}, want...)
	}
	failed, waiting := h.Run(quick, map[string]any{"ok": false}).String(), h.Run(slow, nil).String()
	want = append([]string{waiting, failed}, want...)
	ids := regexp.MustCompile(`<th scope="row"><a href="/runs/([0-9a-f-]{36})"`)
	seen := func(page string) (found []string) {
		for _, match := range ids.FindAllStringSubmatch(page, -1) {
			found = append(found, match[1])
		}
		return found
	}
	t.Run("all pages together show each once, newest first", func(t *testing.T) {
		var all []string
		next := regexp.MustCompile(`href="(/runs\?[^"]*before=[^"]*)" rel="next"`)
		for at := "/runs"; at != ""; {
			answer := h.Owner.Get(at)
			has(t, answer, 200)
			all, at = append(all, seen(answer.Body)...), ""
			if match := next.FindStringSubmatch(answer.Body); match != nil {
				at = strings.ReplaceAll(match[1], "&amp;", "&")
			}
		}
		if !slices.Equal(all, want) {
			t.Errorf("%d of %d runs, or in another order", len(all), len(want))
		}
	})
	t.Run("it narrows by state and workflow", func(t *testing.T) {
		for query, want := range map[string][]string{
			"state=failed": {failed}, "workflow=" + slow.String(): {waiting}, "state=waiting": {waiting}, "state=running": nil,
			"state=failed&workflow=" + slow.String(): nil, "state=nonsense": nil,
		} {
			if got := seen(h.Owner.Get("/runs?" + query).Body); !slices.Equal(got, want) {
				t.Errorf("%s: %v", query, got)
			}
		}
		has(t, h.Owner.Get("/runs?state=failed"), 200, "not ok", `<input type="hidden" name="state" value="failed">`, ">Every workflow<")
		has(t, h.Owner.Get("/runs?state=running"), 200, "No run is like that", "Show all runs")
	})
	t.Run("an address that makes no sense is not found", func(t *testing.T) {
		for _, query := range []string{"workflow=x", "before=x"} {
			has(t, h.Owner.Get("/runs?"+query), 404)
		}
	})
	t.Run("nobody sees another workspace's", func(t *testing.T) {
		has(t, h.Stranger.Get("/runs"), 200, "Nothing ran yet")
		if got := seen(h.Stranger.Get("/runs?workflow=" + quick.String()).Body); got != nil {
			t.Error(got)
		}
	})
}

func TestCancellingAStep(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	run := h.Run(h.Publish("Wait", "trigger: {kind: manual}\nsteps: [{id: d, kind: delay, config: {seconds: 3600}, on_error: continue}, {id: l, kind: log, config: {message: on}}]"), nil)
	at := "/runs/" + run.String()
	has(t, h.Owner.Get(at), 200, `action="`+at+`/steps/cancellations"`)
	lacks(t, h.Member(account.RoleViewer).Get(at), "/steps/cancellations")
	has(t, h.Owner.Post(at+"/steps/cancellations", "key", "nobody"), 409, "waits for nothing")
	h.Owner.Post(at+"/steps/cancellations", "key", "d")
	h.Advance()
	has(t, h.Owner.Get(at+"?step=d"), 200, "cancelled this step", "Done")
	lacks(t, h.Owner.Get(at), "/steps/cancellations")
}

// TestALargeStep: what does not come with the list of steps is there once opened.
func TestALargeStep(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	words := make([]byte, 60<<10)
	for i := range words {
		words[i] = "abcdefghijklmnopqrstuvwxyz"[(i*i+i/7)%26]
	}
	run := h.Run(h.Publish("Large", "trigger: {kind: manual}\nsteps: [{id: big, kind: transform, config: {values: {text: '${trigger.text}'}}}, {id: say, kind: log, config: {message: small}}]"), map[string]any{"text": string(words)})
	at := "/runs/" + run.String()
	lacks(t, h.Owner.Get(at+"?step=say"), string(words[:200]))
	has(t, h.Owner.Get(at+"?step=big"), 200, string(words[:200]))
}
