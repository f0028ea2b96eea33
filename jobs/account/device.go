package account

import "strings"

// Device is what a session remembers of where it was opened. TimeZone is where a
// new person's days begin; one that is unknown is UTC.
type Device struct {
	UserAgent string
	IP        string
	Locale    string
	TimeZone  string
}

// sign is a piece of a user agent and what it tells, the more special first:
// every browser also names those that it wants to pass for.
type sign struct{ piece, name string }

var browsers = []sign{
	{"Edg", "Edge"}, {"OPR/", "Opera"}, {"Vivaldi/", "Vivaldi"}, {"SamsungBrowser/", "Samsung Internet"},
	{"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"}, {"CriOS/", "Chrome"}, {"Chrome/", "Chrome"}, {"Chromium/", "Chrome"},
	{"Version/", "Safari"}, {"curl/", "curl"},
}

var systems = []sign{
	{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"CrOS", "ChromeOS"},
	{"Mac OS X", "macOS"}, {"Linux", "Linux"}, {"X11", "Linux"},
}

// Known is the browser and the system that a user agent names, "" where it
// names none that we know.
func Known(userAgent string) (browser, system string) {
	return nameIn(userAgent, browsers), nameIn(userAgent, systems)
}

func sameDevice(one, other string) bool {
	browser, system := Known(one)
	otherBrowser, otherSystem := Known(other)
	return one == other || browser != "" && system != "" && browser == otherBrowser && system == otherSystem
}

func nameIn(text string, signs []sign) string {
	for _, s := range signs {
		if strings.Contains(text, s.piece) {
			return s.name
		}
	}
	return ""
}
