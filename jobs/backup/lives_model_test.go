package backup

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/google/uuid"

	"levqor/jobs/timecheck"
)

// house is where a plan lives its life: in the pure rules alone, or in a database.
type house interface {
	backUp(id uuid.UUID, at time.Time) // the plan's row and the vault have the copy
	change(to Rules) (guarded bool)    // by who may delete
	confirm()                          // a person says that the time is right
	delete(undo bool)                  // the plan; or takes that back
	dump()                             // of Levqor's own database
	expire() (gone []uuid.UUID)        // retention's round: what it removed from the vault
	health(id uuid.UUID, h Health)     // what a drill, an upkeep or a later check found
	hold(id uuid.UUID, held bool)
	off(d time.Duration)   // true time goes on, and nobody looks at the clock
	pass(d time.Duration)  // true time goes on
	recover()              // the newest dump is brought back; what the vault holds besides is adopted
	skew(by time.Duration) // every clock is wrong by that much from now on
	undo() (to Rules, guarded, undone bool)
}

// life is a plan's life at random, and what must be true of it whatever happens.
type life struct {
	*rand.Rand
	house     house
	now       time.Time // true
	skewed    time.Duration
	unsettled bool // it jumped, and nobody said that the time is right
	rules     Rules
	earlier   []Earlier // what the model knows to be in force besides
	deleted   time.Time
	vault     map[uuid.UUID]Item
	dumped    *life
	did       []string
}

// zero is where lives begin: some way from daylight saving's ends, so that lives meet them.
func zero(r *rand.Rand) time.Time {
	return time.Date(2026, time.Month(1+r.IntN(12)), 1+r.IntN(28), r.IntN(24), r.IntN(60), 0, 0, time.UTC)
}

func (l *life) note(format string, args ...any) {
	l.did = append(l.did, l.now.Format("Jan 02 15:04 ")+fmt.Sprintf(format, args...))
}

// step lets one thing happen, and says which promise it broke.
func (l *life) step() error {
	switch n := l.IntN(100); {
	case n < 40:
		l.pass(time.Duration(1+l.IntN(36)) * time.Hour)
		l.backUp()
	case n < 50:
		l.pass(time.Duration(1+l.IntN(5*24)) * time.Hour / 5)
	case n < 60:
		l.change()
	case n < 64:
		l.undo()
	case n < 73:
		l.ail()
	case n < 78:
		l.hold()
	case n < 83:
		l.jump()
	case n < 85 && l.deleted.IsZero() && l.skewed == 0 && !l.unsettled:
		l.note("the plan is deleted")
		l.deleted = l.now
		l.house.delete(false)
	case n < 87 && !l.deleted.IsZero() && l.now.Sub(l.deleted) < DefaultGrace:
		l.note("the plan is brought back")
		l.deleted = time.Time{}
		l.house.delete(true)
	case n < 89:
		l.dump()
	case n < 91 && l.dumped != nil:
		l.recover()
	}
	return l.expire()
}

func (l *life) pass(d time.Duration) {
	l.now = l.now.Add(d)
	l.house.pass(d)
}

func (l *life) backUp() {
	if !l.deleted.IsZero() {
		return
	}
	item := Item{ID: uuid.Must(uuid.NewRandomFromReader(byteReader{l.Rand})), TakenAt: l.now.Add(l.skewed).Truncate(time.Microsecond), Health: Sound}
	l.note("backed up %s", ShortID(item.ID))
	l.vault[item.ID] = item
	l.house.backUp(item.ID, item.TakenAt)
}

// change asks for other rules. The model's own look at what goes at once says
// whether the present ones must hold on.
func (l *life) change() {
	if !l.deleted.IsZero() || l.skewed != 0 || l.unsettled {
		return
	}
	to := Rules{randomKeep(l.Rand), l.rules.Zone}
	if l.IntN(8) == 0 {
		to.Zone = zones[l.IntN(len(zones))]
	}
	was, guarded := l.rules, l.house.change(to)
	l.note("rules %+v, guarded %v", to, guarded)
	l.inForce(was, to, guarded)
}

// inForce is what a change means: the rules before it hold on when it lets something
// go, as the model sees it too.
func (l *life) inForce(was, to Rules, guarded bool) {
	after := l.worth(to)
	for id, stays := range l.worth(was) {
		guarded = guarded || stays && !after[id]
	}
	l.earlier = slices.DeleteFunc(l.earlier, func(e Earlier) bool { return e.Rules == to })
	if guarded {
		l.earlier = append(l.earlier, Earlier{Rules: was, Until: l.now.Add(DefaultGrace)})
	}
	l.rules = to
}

func (l *life) undo() {
	if !l.deleted.IsZero() || l.skewed != 0 || l.unsettled {
		return
	}
	if to, guarded, undone := l.house.undo(); undone {
		l.note("undone: rules %+v, guarded %v", to, guarded)
		l.inForce(l.rules, to, guarded)
	}
}

func (l *life) ail() {
	for id, item := range l.any() {
		item.Health = []Health{Damaged, Doubted, Sound}[l.IntN(3)]
		l.note("%s is %s", ShortID(id), item.Health)
		l.vault[id] = item
		l.house.health(id, item.Health)
	}
}

func (l *life) hold() {
	for id, item := range l.any() {
		item.Held = !item.Held
		l.note("%s held %v", ShortID(id), item.Held)
		l.vault[id] = item
		l.house.hold(id, item.Held)
	}
}

// any is one copy, or none.
func (l *life) any() map[uuid.UUID]Item {
	var oldest *Item
	ids := make([]uuid.UUID, 0, len(l.vault))
	for id := range l.vault {
		ids = append(ids, id)
	}
	sortIDs(ids)
	if len(ids) > 0 {
		item := l.vault[ids[l.IntN(len(ids))]]
		oldest = &item
		return map[uuid.UUID]Item{oldest.ID: item}
	}
	return nil
}

// jump sets the clocks wrong by days or years, or right again.
func (l *life) jump() {
	switch {
	case l.skewed != 0:
		l.skewed = 0
	case l.unsettled:
		l.note("the time is right")
		l.unsettled = false
		l.house.confirm()
		return
	case l.IntN(4) == 0: // switched off for days: nobody can tell that from a jump
		away := time.Duration(25+l.IntN(200)) * time.Hour
		l.now = l.now.Add(away)
		l.house.off(away)
		l.unsettled = true
		l.note("was off")
		return
	default:
		l.skewed = time.Duration(l.IntN(800)-400)*24*time.Hour + 25*time.Hour
		if l.skewed.Abs() <= timecheck.MaxStep {
			l.skewed = 400 * 24 * time.Hour
		}
	}
	l.note("clocks are wrong by %s", l.skewed)
	l.house.skew(l.skewed)
}

func (l *life) dump() {
	if l.skewed != 0 || l.unsettled {
		return
	}
	copied := *l
	copied.earlier = append([]Earlier{}, l.earlier...)
	copied.vault = map[uuid.UUID]Item{}
	for id, item := range l.vault {
		copied.vault[id] = item
	}
	l.note("own database dumped")
	l.dumped = &copied
	l.house.dump()
}

// recover forgets what was asked since the dump; no copy is forgotten.
func (l *life) recover() {
	if l.skewed != 0 || l.unsettled {
		return
	}
	l.note("own database is that of %s", l.dumped.now)
	l.unsettled = l.now.Sub(l.dumped.now) > timecheck.MaxStep
	l.rules, l.earlier, l.deleted = l.dumped.rules, append([]Earlier{}, l.dumped.earlier...), l.dumped.deleted
	for id, item := range l.vault {
		was, known := l.dumped.vault[id]
		if item.Health, item.Held = Sound, false; known {
			item.Health, item.Held = was.Health, was.Held
		}
		l.vault[id] = item
	}
	l.house.recover()
}

// expire lets retention work, and looks at what it removed.
func (l *life) expire() error {
	if l.skewed == 0 && !l.unsettled && l.IntN(3) == 0 {
		return nil
	}
	must := l.mustStay()
	for _, id := range l.house.expire() {
		if why := must[id]; why != "" {
			return fmt.Errorf("%s is gone, and %s", ShortID(id), why)
		}
		delete(l.vault, id)
		l.note("%s went", ShortID(id))
	}
	return nil
}

// mustStay is each copy that nothing may remove now, and why.
func (l *life) mustStay() map[uuid.UUID]string {
	must := map[uuid.UUID]string{}
	say := func(ids map[uuid.UUID]bool, why string) {
		for id := range ids {
			must[id] = why
		}
	}
	say(l.kept(l.rules, l.now), "the rules keep it")
	for _, e := range l.earlier {
		if e.Until.After(l.now) {
			say(l.kept(e.Rules, l.now), "earlier rules keep it until "+e.Until.String())
		}
	}
	for id := range l.vault {
		switch {
		case l.skewed != 0:
			must[id] = "the clock is wrong"
		case l.unsettled:
			must[id] = "nobody said that the time is right"
		case !l.deleted.IsZero() && l.now.Sub(l.deleted) < DefaultGrace:
			must[id] = "the plan's deletion can still be undone"
		}
	}
	return must
}

// worth is what rules keep of the vault as it is, doubts and damage minded.
func (l *life) worth(r Rules) map[uuid.UUID]bool {
	zone, err := time.LoadLocation(r.Zone)
	if err != nil {
		panic(err)
	}
	items := make([]Item, 0, len(l.vault))
	for _, item := range l.vault {
		items = append(items, item)
	}
	return naive(r.Keep, zone, l.now, items)
}

// kept is what rules keep of the vault at true time, found out the slow way. What is
// doubted or damaged is worth what it were without that.
func (l *life) kept(r Rules, now time.Time) map[uuid.UUID]bool {
	zone, err := time.LoadLocation(r.Zone)
	if err != nil {
		panic(err)
	}
	var sound, all []Item
	for _, item := range l.vault {
		if item.Health == Sound {
			sound = append(sound, item)
		}
		item.Health = Sound
		all = append(all, item)
	}
	keep := naive(r.Keep, zone, now, sound)
	for id := range naive(r.Keep, zone, now, all) {
		keep[id] = keep[id] || l.vault[id].Health != Sound || l.vault[id].Held
	}
	for id, stays := range keep {
		if !stays {
			delete(keep, id)
		}
	}
	return keep
}
