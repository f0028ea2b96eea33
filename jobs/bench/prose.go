package main

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"time"
)

// prose gives rows of made-up articles in COPY's text form, the same on every
// machine: words of their own language, few of them often and many seldom, so
// that they compress as text does.
type prose struct {
	random *rand.Rand
	words  []string
	rows   int
	row    int
	ready  []byte
}

const vocabulary = 30_000

func newProse(rows int) *prose {
	p := &prose{random: rand.New(rand.NewPCG(40, 833)), rows: rows}
	syllables := strings.Fields("ba cor den el fri gan ho il jus kar lo men na or pel qui ra sto tem ul ver wi xan yo zet al bri cha dus est")
	seen := map[string]bool{}
	for len(p.words) < vocabulary {
		word := ""
		for range 1 + p.random.IntN(4) {
			word += syllables[p.random.IntN(len(syllables))]
		}
		if !seen[word] {
			seen[word] = true
			p.words = append(p.words, word)
		}
	}
	return p
}

// word picks the nth word about half as often as the (n/2)th.
func (p *prose) word() string {
	rank := math.Exp(p.random.Float64()*math.Log(vocabulary)) - 1
	return p.words[min(int(rank), vocabulary-1)]
}

func (p *prose) sentence(words int) []byte {
	var b []byte
	for i := range words {
		word := p.word()
		if i == 0 {
			word = strings.ToUpper(word[:1]) + word[1:]
		} else {
			b = append(b, ' ')
		}
		b = append(b, word...)
	}
	return append(b, '.')
}

func (p *prose) Read(b []byte) (int, error) {
	if len(p.ready) == 0 {
		if p.row == p.rows {
			return 0, io.EOF
		}
		p.next()
	}
	n := copy(b, p.ready)
	p.ready = p.ready[n:]
	return n, nil
}

func (p *prose) next() {
	p.row++
	written := time.Date(2026, 1, 1, 0, 0, p.row*17, 0, time.UTC)
	p.ready = fmt.Appendf(p.ready[:0], "%d\t%s\t%s\t%s\t", p.row, written.Format(time.RFC3339), p.word(), p.sentence(6))
	for range 10 + p.random.IntN(12) {
		p.ready = append(append(p.ready, p.sentence(6+p.random.IntN(12))...), ' ')
	}
	p.ready = append(p.ready, '\n')
}
