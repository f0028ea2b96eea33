package migrations

import (
	"crypto/sha256"
	"encoding/hex"
)

// Fingerprint names this build's schema: it changes with any migration's text.
func Fingerprint() string {
	sum := sha256.New()
	entries, err := files.ReadDir(".")
	if err != nil {
		return "unreadable" // embedded at build time: can't happen
	}
	for _, entry := range entries {
		text, err := files.ReadFile(entry.Name())
		if err != nil {
			return "unreadable"
		}
		sum.Write([]byte(entry.Name()))
		sum.Write(text)
	}
	return hex.EncodeToString(sum.Sum(nil))[:16]
}
