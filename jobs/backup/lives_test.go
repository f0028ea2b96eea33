package backup

import (
	"bytes"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"levqor/jobs/timecheck"
)

// TestLives: no copy within its keep rules is ever gone, whatever a plan lives
// through. LEVQOR_CHAOS=1 lives ten thousand lives.
func TestLives(t *testing.T) {
	t.Parallel()
	lives := 300
	if os.Getenv("LEVQOR_CHAOS") == "1" {
		lives = 10_000
	}
	removed := 0
	for seed := range lives {
		r := rand.New(rand.NewPCG(uint64(seed), 8))
		l := newLife(r, nil)
		p := &pure{r: r, now: l.now, seen: timecheck.Seen{At: l.now}, binding: Binding{Rules: l.rules}, items: map[uuid.UUID]Item{}, vault: map[uuid.UUID]Item{}}
		l.house = p
		l.note("rules %+v", l.rules)
		for range 80 {
			if err := l.step(); err != nil {
				t.Fatalf("life %d: %v\n%s", seed, err, strings.Join(l.did, "\n"))
			}
		}
		removed += p.removed
	}
	if removed < lives {
		t.Errorf("only %d copies went in %d lives: they say nothing", removed, lives)
	}
}

func newLife(r *rand.Rand, h house) *life {
	return &life{Rand: r, house: h, now: zero(r), rules: Rules{randomKeep(r), zones[r.IntN(len(zones))]}, vault: map[uuid.UUID]Item{}}
}

func sortIDs(ids []uuid.UUID) {
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
}

// pure is a plan in the pure rules: what the rows and the vault hold.
type pure struct {
	r         *rand.Rand
	now       time.Time
	wrong     time.Duration
	seen      timecheck.Seen
	confirmed time.Duration
	binding   Binding
	deletedAt *time.Time
	items     map[uuid.UUID]Item
	vault     map[uuid.UUID]Item
	dumped    *pure
	removed   int
}

func (p *pure) clock() time.Time { return p.now.Add(p.wrong) }

// trusted looks, as everything does that deletes.
func (p *pure) trusted() bool {
	p.seen = p.seen.Look(p.clock(), p.clock())
	return !p.seen.Jumped(p.confirmed)
}

func (p *pure) list() (items []Item) {
	for _, item := range p.items {
		items = append(items, item)
	}
	return items
}

func (p *pure) backUp(id uuid.UUID, at time.Time) {
	p.items[id] = Item{ID: id, TakenAt: at, Health: Sound}
	p.vault[id] = p.items[id]
}

func (p *pure) change(to Rules) (guarded bool) {
	c, err := p.binding.Change(to, DefaultGrace, p.clock(), p.list())
	if err != nil {
		panic(err)
	}
	p.binding = p.binding.Revise(to, c, DefaultGrace, p.clock(), "Olive")
	return c.Guarded()
}

func (p *pure) confirm() {
	p.trusted()
	p.confirmed = p.seen.Off
}

func (p *pure) delete(undo bool) {
	at := p.clock()
	if p.deletedAt = &at; undo {
		p.deletedAt = nil
	}
}

func (p *pure) dump() {
	p.trusted()
	copied := *p
	copied.items = map[uuid.UUID]Item{}
	for id, item := range p.items {
		copied.items[id] = item
	}
	copied.binding.Earlier = slices.Clone(p.binding.Earlier)
	p.dumped = &copied
}

func (p *pure) expire() (gone []uuid.UUID) {
	if !p.trusted() || (retained{DeletedAt: p.deletedAt}).frozen(p.clock(), DefaultGrace) {
		return nil
	}
	items := p.list()
	for i := range items {
		if _, there := p.vault[items[i].ID]; !there {
			items[i].Health = Doubted
		}
	}
	decisions, err := p.binding.Decide(p.clock(), items)
	if err != nil {
		panic(err)
	}
	for _, d := range decisions {
		if !d.Keep {
			delete(p.items, d.ID)
			if _, there := p.vault[d.ID]; there {
				delete(p.vault, d.ID)
				gone = append(gone, d.ID)
			}
		}
	}
	p.removed += len(gone)
	return gone
}

func (p *pure) health(id uuid.UUID, h Health) {
	item := p.items[id]
	item.Health = h
	p.items[id] = item
}

func (p *pure) hold(id uuid.UUID, held bool) {
	item := p.items[id]
	item.Held = held
	p.items[id] = item
}

func (p *pure) pass(d time.Duration) {
	for ; d > 0; d -= 20 * time.Hour {
		p.off(min(d, 20*time.Hour))
	}
}

func (p *pure) off(d time.Duration) {
	p.now = p.now.Add(d)
	p.trusted()
}

func (p *pure) recover() {
	p.binding, p.deletedAt, p.seen, p.confirmed = p.dumped.binding, p.dumped.deletedAt, p.dumped.seen, p.dumped.confirmed
	p.binding.Earlier = slices.Clone(p.binding.Earlier)
	p.items = map[uuid.UUID]Item{}
	for id, item := range p.dumped.items {
		p.items[id] = item
	}
	for id, item := range p.vault { // adopted
		if _, known := p.items[id]; !known {
			p.items[id] = item
		}
	}
}

func (p *pure) skew(by time.Duration) { p.wrong = by }

func (p *pure) undo() (to Rules, guarded, undone bool) {
	earlier := p.binding.pending(p.clock())
	if len(earlier) == 0 {
		return Rules{}, false, false
	}
	return earlier[0].Rules, p.change(earlier[0].Rules), true
}
