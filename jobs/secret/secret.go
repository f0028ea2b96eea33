// Package secret keeps what must not be read: sealed in a table, masked in a log.
package secret

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"levqor/jobs/fail"
)

// Text is a secret in memory. It prints, logs and marshals as a mask; only
// Reveal gives the words.
type Text string

const mask = "[secret]"

func (t Text) Reveal() string             { return string(t) }
func (Text) String() string               { return mask }
func (Text) GoString() string             { return mask }
func (Text) LogValue() slog.Value         { return slog.StringValue(mask) }
func (Text) MarshalJSON() ([]byte, error) { return json.Marshal(mask) }

// Box seals and opens with the master key. Where names the place that the
// secret belongs to (as in "sources/ID"): opened elsewhere, it does not open.
type Box struct{ primitive tink.AEAD }

// NewBox reads a tink keyset, as JSON or as base64 of it.
func NewBox(text string) (*Box, error) {
	raw := []byte(strings.TrimSpace(text))
	if decoded, err := base64.StdEncoding.DecodeString(string(raw)); err == nil {
		raw = decoded
	}
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(raw)))
	if err != nil {
		return nil, errors.New("the master key is not a tink keyset in JSON (or base64 of it)")
	}
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, errors.New("the master key is a keyset of another kind: an AEAD keyset is needed")
	}
	return &Box{primitive}, nil
}

// NewKeyset makes a fresh AES-256-GCM keyset in JSON.
func NewKeyset() (string, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return "", fmt.Errorf("make a master key: %w", err)
	}
	var out bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&out)); err != nil {
		return "", fmt.Errorf("make a master key: %w", err)
	}
	return out.String(), nil
}

// EnsureFile reads the keyset at path, making it (mode 0600) where there is none.
// Two processes that start at once agree on one key.
func EnsureFile(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err == nil || !errors.Is(err, os.ErrNotExist) {
		return string(text), err
	}
	fresh, err := NewKeyset()
	if err != nil {
		return "", err
	}
	draft, err := os.CreateTemp(filepath.Dir(path), ".master-key-*")
	if err != nil {
		return "", err
	}
	defer os.Remove(draft.Name())
	if _, err := draft.WriteString(fresh); err != nil {
		return "", errors.Join(err, draft.Close())
	}
	if err := errors.Join(draft.Sync(), draft.Close()); err != nil {
		return "", err
	}
	if err := os.Link(draft.Name(), path); err != nil && !errors.Is(err, os.ErrExist) {
		return "", err
	}
	text, err = os.ReadFile(path)
	return string(text), err
}

// Seal encrypts plain for the place where.
func (b *Box) Seal(plain []byte, where string) ([]byte, error) {
	sealed, err := b.primitive.Encrypt(plain, []byte(where))
	if err != nil {
		return nil, fmt.Errorf("seal %s: %w", where, err)
	}
	return sealed, nil
}

// Open decrypts what Seal made for the same place. What does not open is a matter of
// the configuration, never of what it protects: fail.ClassConfig (fail.master_key).
func (b *Box) Open(sealed []byte, where string) ([]byte, error) {
	plain, err := b.primitive.Decrypt(sealed, []byte(where))
	if err != nil {
		return nil, fail.Work(fmt.Errorf("open %s: another master key, or an altered secret", where), fail.ClassConfig, "fail.master_key")
	}
	return plain, nil
}
