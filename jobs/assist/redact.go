package assist

import (
	"regexp"
	"strings"
)

// hidden are the shapes of secrets. None of them leaves this server, wherever in a
// text it stands.
var hidden = []struct {
	shape *regexp.Regexp
	to    string
}{
	{regexp.MustCompile(`(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|$)`), "[secret]"},
	{regexp.MustCompile(`\b([a-zA-Z][a-zA-Z0-9+.-]*://[^\s:/@]*):[^\s/@]+@`), "${1}:[secret]@"},
	{regexp.MustCompile(`(?i)\b(bearer|basic)\s+[a-z0-9._~+/=-]{12,}`), "${1} [secret]"},
	{regexp.MustCompile(`\b(AKIA|ASIA)[A-Z0-9]{16}\b`), "[secret]"},
	{regexp.MustCompile(`\b(lvq|sk|pk|rk|ghp|gho|ghs|github_pat|glpat|xox[abprs]|re|whsec)[_-][A-Za-z0-9_-]{16,}`), "[secret]"},
	{regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*`), "[secret]"},
	{regexp.MustCompile(`(?i)\b(pass(?:word|wd)?|secret|token|api[_-]?key)("?\s*[:=]\s*"?)[^\s"',;}]{4,}`), "${1}${2}[secret]"},
}

var cardLike = regexp.MustCompile(`\b\d(?:[ -]?\d){12,18}\b`)

// redact takes out what looks like a secret or the number of a payment card.
func redact(text string) string {
	for _, h := range hidden {
		text = h.shape.ReplaceAllString(text, h.to)
	}
	return cardLike.ReplaceAllStringFunc(text, func(found string) string {
		if isCard(found) {
			return "[card]"
		}
		return found
	})
}

// isCard is the check sum that all payment cards carry.
func isCard(text string) bool {
	digits := strings.NewReplacer(" ", "", "-", "").Replace(text)
	sum := 0
	for i := range digits {
		n := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return sum%10 == 0
}
