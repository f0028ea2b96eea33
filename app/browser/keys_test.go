package browser_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// press presses one key, with others held. Its character comes only when the page
// lets it, as from a keyboard.
func (p *page) press(key string, held ...chromedp.Modifier) {
	p.t.Helper()
	known, ok := kb.Keys[[]rune(key)[0]]
	if !ok {
		p.t.Fatalf("there is no key %q", key)
	}
	event := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: known.Key, Code: known.Code, WindowsVirtualKeyCode: known.Windows, NativeVirtualKeyCode: known.Native}
	for _, m := range held {
		event.Modifiers |= int64(m)
	}
	if len(held) == 0 {
		event.Text = known.Text
	}
	p.do("press "+strconv.Quote(key), chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		if _, err := chromedp.Call(ctx, input.DispatchKeyEvent, event); err != nil {
			return err
		}
		event.Type = input.DispatchKeyEventTypeKeyUp
		_, err := chromedp.Call(ctx, input.DispatchKeyEvent, event)
		return err
	}))
}

// write types a text where the focus is.
func (p *page) write(text string) {
	p.t.Helper()
	p.do("write "+text, chromedp.KeyEvent(text))
}

// focused waits until what the selector finds has the focus.
func (p *page) focused(selector string) {
	p.t.Helper()
	p.until("the focus on "+selector, fmt.Sprintf(`document.activeElement?.matches(%q)`, selector))
}

// tabTo presses Tab until what the selector finds has the focus.
func (p *page) tabTo(selector string, held ...chromedp.Modifier) {
	p.t.Helper()
	for range 80 {
		if p.ask(fmt.Sprintf(`document.activeElement?.matches(%q)`, selector)) == "true" {
			return
		}
		p.press(kb.Tab, held...)
	}
	p.t.Fatalf("no Tab leads to %s", selector)
}

// order waits until the cards stand in that order, each behind as many dots as it is
// deep in branches.
func (p *page) order(want ...string) {
	p.t.Helper()
	p.until("the order "+strings.Join(want, " "), fmt.Sprintf(
		`[...document.querySelectorAll("#canvas .step[data-step]")].map((s) => ".".repeat(s.getAttribute("aria-level") - 1) + s.dataset.step).join(" ") === %q`, strings.Join(want, " ")))
}

// drag takes the one thing with a real mouse and drops it on the other.
func (p *page) drag(from, to string) {
	p.t.Helper()
	type spot struct{ X, Y float64 }
	at := func(selector string) (s spot) {
		text := p.ask(fmt.Sprintf(`JSON.stringify((({left, top, width, height}) => ({X: left + width / 2, Y: top + height / 2}))(document.querySelector(%q).getBoundingClientRect()))`, selector))
		must(p.t, json.Unmarshal([]byte(text), &s))
		return s
	}
	a, b := at(from), at(to)
	p.do("drag "+from, chromedp.DragAndDropXY(a.X, a.Y, b.X, b.Y))
}
