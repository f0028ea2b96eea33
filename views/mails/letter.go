package mails

import (
	"context"
	"fmt"
	"strings"

	"levqor/locales"
)

// letter is a mail before it takes a form: HTML and plain text say the same, in
// the order of these fields.
type letter struct {
	Subject    string
	Preview    string // what the list of mails shows behind the subject
	Badge      badge
	Title      string
	Lead       phrase
	Paragraphs [][]string // of lines
	Rows       []row
	Mend       string
	Button     button
	Hint       string // above the code
	Code       string
	Close      string
	Link       string // goes on from Close
	Footer     phrase
}

type badge struct {
	Tone tone
	Sign string
	Text string
}

type row struct{ Label, Value string }

type button struct{ Label, URL string }

// phrase is a message whose filled-in parts stand out.
type phrase []span

type span struct {
	Text   string
	Strong bool
}

func (p phrase) String() string {
	var out strings.Builder
	for _, s := range p {
		out.WriteString(s.Text)
	}
	return out.String()
}

// say is locales.T that remembers which parts were filled in.
func say(ctx context.Context, key string, pairs ...any) phrase {
	var p phrase
	for _, piece := range locales.Pieces(ctx, key) {
		if piece.Slot == "" {
			p = append(p, span{Text: piece.Text})
			continue
		}
		value, _ := locales.Value(pairs, piece.Slot)
		p = append(p, span{Text: fmt.Sprint(value), Strong: true})
	}
	return p
}

func words(text string) phrase { return phrase{{Text: text}} }

// beside leaves room between a label and its value; mail programs know no
// logical sides.
func beside(ctx context.Context) string {
	if locales.Dir(ctx) == "rtl" {
		return "padding:8px 12px 8px 0;"
	}
	return "padding:8px 0 8px 12px;"
}

// tone is a state's colours: on light paper here, on dark in the style element.
type tone struct{ Class, Style string }

func bad() tone  { return tone{"bad", "background:#fdecec;color:#b91c1c"} }
func good() tone { return tone{"good", "background:#e7f6f0;color:#046c4e"} }
func late() tone { return tone{"late", "background:#fdf3e0;color:#92400e"} }
