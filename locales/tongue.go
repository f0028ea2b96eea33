package locales

import (
	"fmt"

	cldr "github.com/go-playground/locales"
	"github.com/go-playground/locales/en_GB"
	"github.com/invopop/ctxi18n/i18n"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// tongue is one language, ready to speak.
type tongue struct {
	Locale
	catalogue *Catalogue
	dates     cldr.Translator
	dict      *i18n.Dict
	printer   *message.Printer
	tag       language.Tag
	tree      tree
}

// dates names the calendar of each language folder; only its dates and names are used.
var dates = map[string]func() cldr.Translator{
	English: en_GB.New,
}

func (c *Catalogue) add(code, name string, messages tree) error {
	tag, err := language.Parse(code)
	if err != nil {
		return fmt.Errorf("language folder %q: %w", code, err)
	}
	calendar, ok := dates[code]
	if !ok {
		calendar = dates[English]
	}
	if name == "" {
		name = code
	}
	t := &tongue{
		Locale:    Locale{Code: code, Dir: direction(tag), Name: name},
		catalogue: c,
		dates:     calendar(),
		dict:      i18n.NewDict(),
		printer:   message.NewPrinter(digitsOf(tag)),
		tag:       tag,
		tree:      messages,
	}
	for key, value := range messages {
		t.dict.Add(key, value)
	}
	c.tongues[code] = t
	return nil
}

func direction(tag language.Tag) string {
	script, _ := tag.Script()
	switch script.String() {
	case "Adlm", "Arab", "Hebr", "Nkoo", "Syrc", "Thaa":
		return "rtl"
	}
	return "ltr"
}

// digitsOf keeps English digits in the pseudo-languages, whose words are English too.
func digitsOf(tag language.Tag) language.Tag {
	if region, _ := tag.Region(); region.String() == "XA" || region.String() == "XB" {
		return language.English
	}
	return tag
}
