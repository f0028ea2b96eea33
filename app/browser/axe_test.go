package browser_test

import (
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
	p.do("load axe", discard(string(script)))
	before := p.ask("document.documentElement.dataset.theme ?? ''")
	for _, theme := range []string{"levqor", "levqor-light"} {
		p.do("set theme", discard("document.documentElement.dataset.theme = '"+theme+"'"))
		p.ask("await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
		found, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](
			`axe.run({resultTypes: ["violations"]}).then((r) => JSON.stringify(r.violations.map((v) => ({ID: v.id, Help: v.help, Nodes: v.nodes.map((n) => ({HTML: n.html}))}))))`,
			chromedp.EvalAwaitPromise))
		must(p.t, err)
		var violations []violation
		must(p.t, json.Unmarshal([]byte(found), &violations))
		for _, v := range violations {
			p.t.Errorf("%s in %s: %s (%s): %s", p.ask("location.pathname"), theme, v.Help, v.ID, v.Nodes[0].HTML)
		}
	}
	p.do("set theme", discard("document.documentElement.dataset.theme = '"+before+"'"))
	if over := p.ask("document.documentElement.scrollWidth - document.documentElement.clientWidth"); over != "0" {
		p.t.Errorf("%s scrolls sideways by %s px", p.ask("location.pathname"), over)
	}
	p.keep(strings.ReplaceAll(strings.Trim(p.ask("location.pathname.replace(/[0-9a-f-]{36}/g, 'id')"), "/"), "/", "-"))
}

func discard(script string) chromedp.Action[chromedp.Void] {
	return chromedp.Evaluate[chromedp.Void](script + "\n;undefined")
}
