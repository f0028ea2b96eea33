package browser_test

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"sync"

	"github.com/chromedp/chromedp"
)

var axe = sync.OnceValues(func() ([]byte, error) { return os.ReadFile("node_modules/axe-core/axe.min.js") })

type violation struct {
	ID    string
	Help  string
	Nodes []struct{ HTML string }
}

// accessible fails the test for whatever axe finds, in both themes, and for a page
// that scrolls sideways.
func (p *page) accessible() {
	p.t.Helper()
	script, err := axe()
	if err != nil {
		p.t.Fatalf("run `npm ci` in app/browser: %v", err)
	}
	before := p.ask("document.documentElement.dataset.theme ?? ''")
	for _, theme := range []string{"levqor", "levqor-light"} {
		for _, v := range p.violations(string(script), theme) {
			p.t.Errorf("%s in %s: %s (%s): %s", p.ask("location.pathname"), theme, v.Help, v.ID, v.Nodes[0].HTML)
		}
	}
	p.do("set theme", discard("document.documentElement.dataset.theme = '"+before+"'"))
	if over := p.ask("document.documentElement.scrollWidth - document.documentElement.clientWidth"); over != "0" {
		p.t.Errorf("%s scrolls sideways by %s px", p.ask("location.pathname"), over)
	}
	p.keep(strings.ReplaceAll(strings.Trim(p.ask("location.pathname.replace(/[0-9a-f-]{36}/g, 'id')"), "/"), "/", "-"))
}

// violations is what axe finds in that theme. A page that loads anew meanwhile, as a
// live one does, is looked at again.
func (p *page) violations(script, theme string) (found []violation) {
	p.t.Helper()
	look := script + `
;(async () => {
	document.documentElement.dataset.theme = "` + theme + `"
	await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))
	const {violations} = await axe.run({resultTypes: ["violations"]})
	return JSON.stringify(violations.map((v) => ({ID: v.id, Help: v.help, Nodes: v.nodes.map((n) => ({HTML: n.html}))})))
})()`
	var text string
	var err error
	for range 5 {
		ctx, cancel := context.WithTimeout(p.ctx, patience)
		text, err = chromedp.Run(ctx, chromedp.Evaluate[string](look, chromedp.EvalAwaitPromise))
		cancel()
		if err == nil {
			break
		}
		p.until("a page at rest", `document.readyState === "complete"`)
	}
	must(p.t, err)
	must(p.t, json.Unmarshal([]byte(text), &found))
	return found
}

func discard(script string) chromedp.Action[chromedp.Void] {
	return chromedp.Evaluate[chromedp.Void](script + "\n;undefined")
}
