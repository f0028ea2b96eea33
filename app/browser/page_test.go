package browser_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// page is one tab of a fresh browser, at a stand.
type page struct {
	t     *testing.T
	ctx   context.Context
	stand *stand
}

// patience is how long a page may take to show what a test waits for.
const patience = 90 * time.Second

// open starts a browser with nothing in it. What it logs as an error fails the test.
func (s *stand) open(t *testing.T, width, height int64) *page {
	t.Helper()
	dir, err := os.MkdirTemp("", "levqor-chromium-")
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(dir),
		chromedp.ExecPath("chromium"), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("lang", "en"))
	ctx, cancelAllocator := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), options...)
	ctx, cancel := chromedp.NewContext(ctx)
	t.Cleanup(func() { cancel(); cancelAllocator() })
	p := &page{t: t, ctx: ctx, stand: s}
	must(t, chromedp.Do(ctx, chromedp.EmulateViewport(width, height)))
	_, err = chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}},
	})
	must(t, err)
	go p.listen()
	return p
}

// listen fails the test on what a person with open developer tools would see.
func (p *page) listen() {
	for message, err := range chromedp.Console(p.ctx) {
		if err != nil {
			return
		}
		if text := message.String(); strings.Contains(text, "Content Security Policy") || message.IsException() {
			p.t.Errorf("the page said: %s", text)
		}
	}
}

// visit goes to a path of the stand.
func (p *page) visit(path string) {
	p.t.Helper()
	p.do("visit "+path, chromedp.Navigate(p.stand.base+path))
}

// signIn uses the link that `levqor dev` printed.
func (p *page) signIn() {
	p.t.Helper()
	p.visit(p.stand.link)
	p.click(`main form[method="post"] button`)
	p.see("#sentence")
}

// click presses the first element that the selector finds and that can be seen. One
// that a live page draws anew just then is looked for again, as a person does.
func (p *page) click(selector string) {
	p.t.Helper()
	for range 5 {
		p.see(selector)
		ctx, cancel := context.WithTimeout(p.ctx, patience)
		err := chromedp.Do(ctx, chromedp.Click(chromedp.CSS(selector)))
		cancel()
		if err == nil {
			return
		}
		if !strings.Contains(err.Error(), "Could not find node") {
			p.keep("failed")
			p.t.Fatalf("click %s: %v", selector, err)
		}
	}
	p.t.Fatalf("%s never stays where it is", selector)
}

// choose picks an option of a list.
func (p *page) choose(name, value string) {
	p.t.Helper()
	selector := fmt.Sprintf(`main select[name=%q]`, name)
	p.see(selector)
	p.do("choose "+name, chromedp.SetValue(chromedp.CSS(selector), value))
}

// see waits until the selector finds something that can be seen.
func (p *page) see(selector string) {
	p.t.Helper()
	p.until(selector, `[...document.querySelectorAll(`+strconv.Quote(selector)+`)].some((e) => e.checkVisibility({visibilityProperty: true}) && e.getClientRects().length > 0)`)
}

// at waits until the address begins with the path.
func (p *page) at(path string) {
	p.t.Helper()
	p.until("address "+path, `document.readyState === "complete" && location.pathname.startsWith(`+strconv.Quote(path)+`)`)
}

// until waits until an expression is true on the page, whichever page it is by then.
func (p *page) until(what, expression string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if met, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("(async () => !!("+expression+"))()", chromedp.EvalAwaitPromise)); err == nil && met {
			return
		}
		select {
		case <-ctx.Done():
			p.keep("failed")
			p.t.Fatalf("waited in vain for %s at %s, with the focus on %s:\n%s", what, p.ask("location.href"), p.ask("document.activeElement?.outerHTML.slice(0, 300)"), p.ask("document.querySelector('main')?.innerText ?? document.body.innerText"))
		case <-tick.C:
		}
	}
}

// ask is what an expression gives as text; "" when the page is in between.
func (p *page) ask(expression string) string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string]("(async () => String("+expression+"))()", chromedp.EvalAwaitPromise))
	if err != nil {
		return ""
	}
	return text
}

func (p *page) do(what string, action chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, action); err != nil {
		p.keep("failed")
		p.t.Fatalf("%s: %v", what, err)
	}
}

// keep saves a picture of the page where LEVQOR_SHOTS says.
func (p *page) keep(name string) {
	dir := os.Getenv("LEVQOR_SHOTS")
	if dir == "" {
		return
	}
	picture, err := chromedp.Run(p.ctx, chromedp.FullScreenshot(100))
	if err == nil {
		_ = os.WriteFile(filepath.Join(dir, strings.ReplaceAll(p.t.Name(), "/", "-")+"-"+name+".png"), picture, 0o600)
	}
}
