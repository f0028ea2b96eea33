package locales

import "strings"

const (
	plain  = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	accent = "áƀçđéƒğĥíĵķłɱñóþɋřšţúṽŵẋýžÁƁÇĐÉƑĞĤÍĴĶŁṀÑÓÞɊŘŠŢÚṼŴẊÝŽ"
	// Two marks that make a run of letters read from the right, and end it.
	override, pop = "\u202e", "\u202c"
)

var accents = func() map[rune]rune {
	made := map[rune]rune{}
	marked := []rune(accent)
	for i, letter := range []rune(plain) {
		made[letter] = marked[i]
	}
	return made
}()

// accented makes English look foreign and a third longer: a text that stays plain
// was hard-coded, one that loses its brackets was cut off.
func accented(text string) string {
	changed := outside(text, func(run string) string {
		return strings.Map(func(r rune) rune {
			if marked, ok := accents[r]; ok {
				return marked
			}
			return r
		}, run)
	})
	if len(text) < 4 {
		return changed
	}
	return "[" + changed + strings.Repeat("~", len(text)/3) + "]"
}

// mirrored makes every word run from right to left, as Arabic does.
func mirrored(text string) string {
	return outside(text, func(run string) string {
		words := strings.Split(run, " ")
		for i, word := range words {
			if strings.ContainsAny(word, plain) {
				words[i] = override + word + pop
			}
		}
		return strings.Join(words, " ")
	})
}

// outside changes what is not a placeholder.
func outside(text string, change func(string) string) string {
	var out strings.Builder
	for _, piece := range cut(text) {
		if piece.Slot != "" {
			out.WriteString("%{" + piece.Slot + "}")
			continue
		}
		out.WriteString(change(piece.Text))
	}
	return out.String()
}
