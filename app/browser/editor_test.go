package browser_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestAWorkflowFromNothing builds, with the keys only, what backs up each night,
// proves it and tells somebody; then, with the mouse, the steps get another order. It
// is published, run, approved and taken up again after a failure.
func TestAWorkflowFromNothing(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if calls.Add(1) == 1 {
			w.WriteHeader(http.StatusBadGateway)
		}
	}))
	t.Cleanup(other.Close)
	p := newStand(t).open(t, 1440, 1100)
	p.signIn()
	p.addSample()
	p.click(`main form[action$="/plans"] button[type="submit"].btn-primary`)
	p.at("/backups/")
	p.newWorkflow("Nightly backup, prove, tell me")
	p.quickFingers()
	p.buildByKeys(other.URL)
	p.moveByKeys()
	p.publishByKeys()
	p.dragAndPublish()
	p.runAndAnswer()
	if n := calls.Load(); n != 2 {
		t.Errorf("the other system was called %d times", n)
	}
}

func (p *page) newWorkflow(name string) {
	p.t.Helper()
	p.visit("/workflows/new")
	p.focused("#f-name")
	p.write(name)
	p.press(kb.Enter)
	p.until("the editor", `document.readyState === "complete" && document.getElementById("canvas")`)
	p.accessible()
}

// quickFingers presses what an answer brings in the moment in which it is there: that is
// an edit as any other, not a page of its own, which would take the focus.
func (p *page) quickFingers() {
	p.t.Helper()
	p.until("a watch", `[window.samePage = true, new MutationObserver((_, watch) => {
		watch.disconnect();
		document.querySelector('#kinds [value="log"]').click();
	}).observe(document.getElementById("editor").parentNode, {childList: true})]`)
	p.press("/")
	p.order("log")
	p.until("the same page", `window.samePage`)
	p.press("z", chromedp.ModifierCtrl)
	p.order()
}

// add finds a kind of step by its name, behind the card that has the focus.
func (p *page) add(kind string) {
	p.t.Helper()
	p.press("/")
	p.focused("#kind-q")
	p.write(kind)
	p.press(kb.Enter)
	p.focused(fmt.Sprintf(`[data-step^=%q]`, kind))
}

func (p *page) buildByKeys(url string) {
	p.t.Helper()
	p.add("backup")
	p.add("drill")
	p.add("http_request")
	p.order("backup", "drill", "http_request")
	p.accessible()

	p.press(kb.Home) // what starts it
	p.press(kb.Enter)
	p.see(`#drawer [name="cron"], #drawer [value="schedule"]`)
	p.press(kb.Enter)
	p.tabTo(`#drawer input[name="kind"]`)
	p.press(kb.ArrowDown)
	p.tabTo(`#f-cron`)
	p.write("0 2 * * *")
	p.press(kb.Enter)
	p.until("the schedule", `document.querySelector('[id="card-@trigger"]').textContent.includes("02:00")`)
	p.focused(`#f-cron`)
	p.press(kb.Escape)
	p.focused(`[data-panel="trigger"]`)

	p.settings("backup")
	p.settings("drill")
	p.settings("http_request")
	p.press(kb.Enter)
	p.tabTo(`#step-form [name="set.url"]`)
	p.write(url)
	p.press(kb.Tab)
	p.until("the address on its card", fmt.Sprintf(`document.querySelector('[data-step="http_request"]').textContent.includes(%q)`, url))
	p.tabTo(`#step-form summary`)
	p.press(kb.Enter)
	p.tabTo(`#step-form [name="retry_max"]`)
	p.write("0")
	p.press(kb.Enter)
	p.until("nothing to mend", `!document.querySelector("#canvas .badge-error")`)
	p.accessible()
	p.press(kb.Escape)
	p.focused(`[data-step="http_request"]`)
}

// settings goes down to the step, opens it, goes into its first field, which is a
// list, and takes the second entry.
func (p *page) settings(step string) {
	p.t.Helper()
	for range 5 {
		if p.ask(`document.activeElement.dataset.step`) != step {
			p.press(kb.ArrowDown)
		}
	}
	p.press(kb.Enter)
	p.until("the settings of "+step, fmt.Sprintf(`document.querySelector("#step-form [name=id]")?.value === %q`, step))
	p.focused(fmt.Sprintf(`[data-step=%q]`, step))
	p.press(kb.Enter)
	p.focused(`#step-form select`)
	before := p.ask(`document.activeElement.value`)
	p.press(kb.ArrowDown)
	p.until("the open list", `document.querySelector("#step-form select:open")`)
	p.press(kb.ArrowDown)
	p.press(kb.Enter)
	p.until("another choice", fmt.Sprintf(`document.activeElement.matches("#step-form select") && document.activeElement.value !== %q`, before))
	p.press(kb.Escape)
	p.focused(fmt.Sprintf(`[data-step=%q]`, step))
}

// moveByKeys changes the order and takes it back; the focus stays on the step.
func (p *page) moveByKeys() {
	p.t.Helper()
	p.press(kb.ArrowUp, chromedp.ModifierAlt)
	p.press(kb.ArrowUp, chromedp.ModifierAlt) // not waiting for the first
	p.order("http_request", "backup", "drill")
	p.focused(`[data-step="http_request"]`)
	p.press(kb.ArrowDown, chromedp.ModifierAlt)
	p.order("backup", "http_request", "drill")
	p.press("z", chromedp.ModifierCtrl)
	p.order("http_request", "backup", "drill")
	p.press("z", chromedp.ModifierCtrl)
	p.press("z", chromedp.ModifierCtrl)
	p.order("backup", "drill", "http_request")
	p.press("Z", chromedp.ModifierCtrl, chromedp.ModifierShift)
	p.order("backup", "http_request", "drill")
	p.press("z", chromedp.ModifierCtrl)
	p.order("backup", "drill", "http_request")

	p.press(kb.End)
	p.add("condition")
	p.press("d", chromedp.ModifierCtrl)
	p.order("backup", "drill", "http_request", "condition", "condition_2")
	p.focused(`[data-step="condition_2"]`)
	p.press(kb.ArrowRight, chromedp.ModifierAlt)
	p.order("backup", "drill", "http_request", "condition", ".condition_2")
	p.press(kb.ArrowLeft)
	p.focused(`[data-step="condition"]`)
	p.press(kb.ArrowRight)
	p.focused(`[data-step="condition_2"]`)
	p.press(kb.ArrowLeft, chromedp.ModifierAlt)
	p.order("backup", "drill", "http_request", "condition", "condition_2")
	p.press(kb.Delete)
	p.order("backup", "drill", "http_request", "condition")
	p.focused(`[data-step="condition"]`)
	p.press(kb.Delete)
	p.order("backup", "drill", "http_request")
	p.focused(`[data-step="http_request"]`)

	p.press("?")
	p.see("#map[open] kbd")
	p.press(kb.Escape)
	p.focused(`[data-step="http_request"]`)
}

func (p *page) publishByKeys() {
	p.t.Helper()
	p.tabTo(`[data-open="publish"]`, chromedp.ModifierShift)
	p.press(kb.Enter)
	p.see(`#publish button[type="submit"]`)
	p.tabTo(`#publish button[type="submit"]`)
	p.press(kb.Enter)
	p.until("version 1", `document.getElementById("editor-bar").textContent.includes("version 1 is live")`)
	p.until("a place to go on", `document.activeElement !== document.body`)
}

// dragAndPublish moves a step with the mouse, and sees what the next version changes.
func (p *page) dragAndPublish() {
	p.t.Helper()
	p.drag(`[data-step="http_request"]`, `[data-drop="0"]`)
	p.order("http_request", "backup", "drill")
	p.drag(`[data-step="http_request"]`, `[data-drop="2"]`)
	p.order("backup", "http_request", "drill")
	p.press("z", chromedp.ModifierCtrl)
	p.press("z", chromedp.ModifierCtrl)
	p.order("backup", "drill", "http_request")
	p.press(kb.End)
	p.add("notify")
	p.press(kb.Enter)
	p.focused(`#step-form :is(input, select, textarea)`)
	p.tabTo(`#step-form [name="set.title"]`)
	p.write("Proven, and told")
	p.press(kb.Enter)
	p.until("nothing to mend", `!document.querySelector("#canvas .badge-error")`)
	p.drag(`[data-step="notify"]`, `[data-drop="2"]`)
	p.order("backup", "drill", "notify", "http_request")
	p.click(`[data-open="publish"]`)
	p.see(`#publish .badge-success`) // one step was added
	p.accessible()
	p.click(`#publish button[type="submit"]`)
	p.until("version 2", `document.getElementById("editor-bar").textContent.includes("version 2 is live")`)
}

// runAndAnswer sees the run on the cards, says yes, and takes it up again after it
// failed.
func (p *page) runAndAnswer() {
	p.t.Helper()
	p.click(`[data-open="start"]`)
	p.click(`#start button[type="submit"]`)
	p.until("the run", `location.search.includes("run=")`)
	p.see(`[data-step="http_request"] .badge-warning`)
	p.see(`[data-step="drill"] .badge-success`)
	p.accessible()
	p.visit("/runs/" + strings.TrimPrefix(p.ask(`new URLSearchParams(location.search).get("run")`), "/"))
	p.click(`button[value="approve"]`)
	p.click(`form[action$="/retries"] button`)
	p.click(`button[value="approve"]`) // the first call failed, and a yes is good for one doing
	p.see(`section[aria-labelledby="steps"] tbody tr:last-child .badge-success`)
	p.accessible()
}

// TestTheEditorFromRightToLeft opens and edits on a phone.
func TestTheEditorFromRightToLeft(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	at := s.workflow(t, hold)
	p := s.open(t, 390, 844)
	p.signIn()
	p.speak("ar-XB")
	p.visit(strings.TrimPrefix(at, "/api/v1"))
	p.accessible()
	p.click(`[data-step="few"]`)
	p.see("#step-form")
	p.accessible()
	p.focused(`[data-step="few"]`)
	p.press(kb.ArrowRight, chromedp.ModifierAlt) // out of the branch: everything is the other way round
	p.order("sum", "many", ".each", "..line", "few", "tell", "last")
	p.press(kb.ArrowLeft, chromedp.ModifierAlt)
	p.order("sum", "many", ".each", "..line", ".few", "tell", "last")
	p.focused(`[data-step="few"]`)
	p.click(`[data-drop="0"] a`)
	p.see(`#kinds [value="log"]`)
	p.accessible()
	p.click(`#kinds [value="log"]`)
	p.order("log", "sum", "many", ".each", "..line", ".few", "tell", "last")
	p.see(`#step-form`)
	p.focused(`[data-step="log"]`)
}
