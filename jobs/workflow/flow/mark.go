package flow

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// Mark changes with what the step says itself, not with what is inside it.
func (s *Step) Mark() string { return mark(own(s)) }

// Mark changes with the trigger.
func (t Trigger) Mark() string { return mark(t) }

// Mark changes with the settings.
func (s Settings) Mark() string { return mark(s) }

func mark(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}
