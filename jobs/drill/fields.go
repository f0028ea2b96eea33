package drill

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// fieldDigests gives each field of a document a digest, by its path, as in
// source.name or checks[2]. Elements of lists are fields as a whole.
func fieldDigests(document []byte) (map[string]string, error) {
	digests := map[string]string{}
	return digests, addDigests(digests, "", document)
}

func addDigests(digests map[string]string, path string, raw json.RawMessage) error {
	trimmed := bytes.TrimSpace(raw)
	switch {
	case bytes.HasPrefix(trimmed, []byte("{")):
		var object map[string]json.RawMessage
		if err := json.Unmarshal(trimmed, &object); err != nil {
			return err
		}
		for name, value := range object {
			if err := addDigests(digests, strings.TrimPrefix(path+"."+name, "."), value); err != nil {
				return err
			}
		}
		return nil
	case bytes.HasPrefix(trimmed, []byte("[")):
		return addElements(digests, path, trimmed)
	}
	return addDigest(digests, path, trimmed)
}

func addElements(digests map[string]string, path string, raw json.RawMessage) error {
	var elements []json.RawMessage
	if err := json.Unmarshal(raw, &elements); err != nil {
		return err
	}
	for i, element := range elements {
		if err := addDigest(digests, fmt.Sprintf("%s[%d]", path, i), element); err != nil {
			return err
		}
	}
	return nil
}

// addDigest hashes the value whatever its layout.
func addDigest(digests map[string]string, path string, raw json.RawMessage) error {
	var value any
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		return err
	}
	plain, err := json.Marshal(value)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(append([]byte(path+"\n"), plain...))
	digests[path] = hex.EncodeToString(sum[:12])
	return nil
}

// fieldsText is what the fields' signature signs.
func fieldsText(keyID string, digests map[string]string) []byte {
	var text strings.Builder
	text.WriteString(Format + "\nfields\n" + keyID + "\n")
	for _, path := range slices.Sorted(maps.Keys(digests)) {
		text.WriteString(path + " " + digests[path] + "\n")
	}
	return []byte(text.String())
}

// changedFields names the fields that differ between two sets, sorted.
func changedFields(signed, found map[string]string) []string {
	var changed []string
	for path, digest := range signed {
		if found[path] != digest {
			changed = append(changed, path)
		}
	}
	for path := range found {
		if _, known := signed[path]; !known {
			changed = append(changed, path)
		}
	}
	slices.Sort(changed)
	return changed
}
