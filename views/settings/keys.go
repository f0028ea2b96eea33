package settings

import (
	"encoding/base64"

	"levqor/jobs/drill"
)

// KeysPage is the public keys that sign proofs, newest first.
type KeysPage struct {
	Base
	Keys []drill.PublicKey
}

func encoded(k drill.PublicKey) string { return base64.StdEncoding.EncodeToString(k.Key) }

// command checks a proof's file against the newest key.
func (p KeysPage) command() string {
	return "levqor verify-proof proof.json --key " + encoded(p.Keys[0])
}
