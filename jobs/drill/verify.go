package drill

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"

	"levqor/jobs/fail"
)

// MaxProofBytes is more than any proof needs: what is larger is not read.
const MaxProofBytes = 8 << 20

// Facts are what a valid proof file says, and who signed it.
type Facts struct {
	Document Document
	Key      PublicKey // CreatedAt is not known offline
	Trusted  bool      // the key is one of those that the caller trusts
}

// VerifyFile checks a downloaded proof with nothing but itself and, if any are
// given, the keys that the caller trusts: then a key that is not one of them is
// refused. Without, whoever reads the result should compare Facts.Key's
// fingerprint with the one that Levqor shows. Every failure is Invalid:
// drill.fail.proof_unreadable, proof_changed (fields), proof_reformatted,
// proof_signature, proof_untrusted (fingerprint).
func VerifyFile(file []byte, trusted []PublicKey) (Facts, error) {
	proof, public, err := readProof(file)
	if err != nil {
		return Facts{}, err
	}
	if !holds(public, signedText(proof.KeyID, proof.Document), proof.Signature) {
		return Facts{}, explain(proof, public)
	}
	found, err := fieldDigests(proof.Document)
	if err != nil {
		return Facts{}, unreadable(err)
	}
	if len(changedFields(proof.Fields, found)) > 0 || !holds(public, fieldsText(proof.KeyID, proof.Fields), proof.FieldsSignature) {
		return Facts{}, fail.New(fail.Invalid, "drill.fail.proof_changed", "fields", "fields")
	}
	facts := Facts{Key: PublicKey{ID: proof.KeyID, Key: public}}
	if err := json.Unmarshal(proof.Document, &facts.Document); err != nil {
		return Facts{}, unreadable(err)
	}
	if facts.Document.Format != Format {
		return Facts{}, fail.New(fail.Invalid, "drill.fail.proof_format", "format", facts.Document.Format)
	}
	facts.Trusted = slices.ContainsFunc(trusted, func(k PublicKey) bool { return k.Key.Equal(public) })
	if len(trusted) > 0 && !facts.Trusted {
		return Facts{}, fail.New(fail.Invalid, "drill.fail.proof_untrusted", "key", proof.KeyID, "fingerprint", facts.Key.Fingerprint())
	}
	return facts, nil
}

// readProof is strict: nothing unknown, nothing twice, nothing behind.
func readProof(file []byte) (Proof, ed25519.PublicKey, error) {
	var proof Proof
	if len(file) > MaxProofBytes {
		return proof, nil, unreadable(errors.New("too large"))
	}
	decoder := json.NewDecoder(bytes.NewReader(file))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&proof); err != nil {
		return proof, nil, unreadable(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return proof, nil, unreadable(errors.New("something follows the proof"))
	}
	public, err := base64.StdEncoding.Strict().DecodeString(proof.PublicKey)
	if err != nil || len(public) != ed25519.PublicKeySize || proof.Algorithm != algorithm || len(proof.Document) == 0 {
		return proof, nil, unreadable(errors.New("no ed25519 proof"))
	}
	return proof, public, nil
}

func holds(public ed25519.PublicKey, text []byte, signature string) bool {
	raw, err := base64.StdEncoding.Strict().DecodeString(signature)
	return err == nil && ed25519.Verify(public, text, raw)
}

// explain says what was changed in a document whose signature does not hold.
func explain(proof Proof, public ed25519.PublicKey) error {
	if !holds(public, fieldsText(proof.KeyID, proof.Fields), proof.FieldsSignature) {
		return fail.New(fail.Invalid, "drill.fail.proof_signature")
	}
	found, err := fieldDigests(proof.Document)
	if err != nil {
		return unreadable(err)
	}
	changed := changedFields(proof.Fields, found)
	if len(changed) > 0 {
		return fail.New(fail.Invalid, "drill.fail.proof_changed", "fields", strings.Join(changed[:min(len(changed), 5)], ", "))
	}
	return fail.New(fail.Invalid, "drill.fail.proof_reformatted")
}

func unreadable(cause error) error {
	return fail.Wrap(cause, fail.Invalid, "drill.fail.proof_unreadable")
}
