package drill

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"levqor/jobs/fail"
)

func testKey(t testing.TB, seed byte) key {
	t.Helper()
	return key{id: "levqor-proofs-2026-1", private: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))}
}

func testDocument() Document {
	at := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	rows := int64(18_376_540)
	doc := Document{
		Format: Format, Proof: ProofID(uuid.MustParse("01930000-0000-7000-8000-000000000001")), Drill: uuid.New(),
		Workspace: Named{uuid.New(), "Acacia & Co <b>"}, Source: ProofSource{Named{uuid.New(), "shop-db"}, "postgres", "17.2"},
		Plan: uuid.New(), Snapshot: ProofSnapshot{ID: uuid.New(), Manifest: "k7f2a91c", TakenAt: at.Add(-time.Hour), Bytes: 4 << 30, Tables: 63, Rows: &rows},
		Target: "PostgreSQL 17.2", StartedAt: at, FinishedAt: at.Add(5 * time.Minute),
		Objectives: Objectives{RTOSeconds: 43200, RestoreMS: 221_000, RTOMet: true, RPOSeconds: 21600, LostSeconds: 9000, RPOMet: true},
		Checks: []Check{
			{Name: "rows", Group: "rows", Recorded: "18376540", Restored: "18376540", Total: 63, Good: 63, OK: true},
			{Name: "hash", Group: "content", Recorded: "9f3a", Restored: "9f3a", Total: 48, Good: 48, OK: true},
		},
		Assertions: []Assertion{{Name: "An order", Database: "shop", Query: "select count(*) > 0 from orders where total < 5", OK: true}},
	}
	doc.Notes = []Note{{Key: "postgres.note.locale", Args: map[string]any{"name": "shop", "had": "de_DE", "has": "C"}}}
	doc.settle()
	return doc
}

func testFile(t testing.TB) []byte {
	t.Helper()
	proof, err := testKey(t, 1).sign(testDocument())
	if err != nil {
		t.Fatal(err)
	}
	file, err := json.Marshal(proof)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func keyOf(t *testing.T, err error) string {
	t.Helper()
	f, ok := errors.AsType[*fail.Error](err)
	if !ok {
		t.Fatalf("not a failure of ours: %v", err)
	}
	return f.Key
}

func TestVerifyFile(t *testing.T) {
	t.Parallel()
	file := testFile(t)
	own := PublicKey{ID: "levqor-proofs-2026-1", Key: testKey(t, 1).private.Public().(ed25519.PublicKey)}
	other := PublicKey{ID: "levqor-proofs-2026-1", Key: testKey(t, 2).private.Public().(ed25519.PublicKey)}

	t.Run("refuses", func(t *testing.T) {
		for name, c := range map[string]struct {
			file    []byte
			trusted []PublicKey
			want    string
			says    string
		}{
			"nothing":               {nil, nil, "drill.fail.proof_unreadable", ""},
			"what is no proof":      {[]byte(`{"document":{}}`), nil, "drill.fail.proof_unreadable", ""},
			"what is too large":     {bytes.Repeat([]byte(" "), MaxProofBytes+1), nil, "drill.fail.proof_unreadable", ""},
			"something behind it":   {append(bytes.Clone(file), '{', '}'), nil, "drill.fail.proof_unreadable", ""},
			"a changed name":        {bytes.Replace(file, []byte(`shop-db`), []byte(`shop-dc`), 1), nil, "drill.fail.proof_changed", "source.name"},
			"a changed time":        {bytes.Replace(file, []byte(`"restore_ms":221000`), []byte(`"restore_ms":21000`), 1), nil, "drill.fail.proof_changed", "objectives.restore_ms"},
			"a changed check":       {bytes.Replace(file, []byte(`"good":48`), []byte(`"good":47`), 1), nil, "drill.fail.proof_changed", "checks[1]"},
			"a changed note":        {bytes.Replace(file, []byte(`"had":"de_DE"`), []byte(`"had":"de_AT"`), 1), nil, "drill.fail.proof_changed", "notes[0]"},
			"an added field":        {bytes.Replace(file, []byte(`"passed":true`), []byte(`"passed":true,"x":1`), 1), nil, "drill.fail.proof_changed", "x"},
			"a changed key name":    {bytes.Replace(file, []byte(`"key_id":"levqor-proofs-2026-1"`), []byte(`"key_id":"levqor-proofs-2026-2"`), 1), nil, "drill.fail.proof_signature", ""},
			"another layout":        {bytes.Replace(file, []byte(`"passed":true`), []byte(`"passed": true`), 1), nil, "drill.fail.proof_reformatted", ""},
			"a key nobody trusts":   {file, []PublicKey{other}, "drill.fail.proof_untrusted", ""},
			"a proof with no marks": {bytes.Replace(file, []byte(`"fields":{`), []byte(`"fields":{"more":"00",`), 1), nil, "drill.fail.proof_changed", "fields"},
		} {
			t.Run(name, func(t *testing.T) {
				_, err := VerifyFile(c.file, c.trusted)
				if err == nil || keyOf(t, err) != c.want {
					t.Fatalf("got %v, want %s", err, c.want)
				}
				if f, _ := errors.AsType[*fail.Error](err); c.says != "" && f.Args["fields"] != c.says {
					t.Fatalf("says %v was changed, want %s", f.Args["fields"], c.says)
				}
			})
		}
	})
	t.Run("gives the facts and who signed", func(t *testing.T) {
		facts, err := VerifyFile(file, nil)
		if err != nil || facts.Trusted || facts.Document.Source.Name != "shop-db" || facts.Document.Total != 112 || facts.Document.Good != 112 || !facts.Document.Passed {
			t.Fatalf("facts %+v, %v", facts, err)
		}
		if !strings.HasPrefix(facts.Key.Fingerprint(), "SHA256:") {
			t.Fatal(facts.Key.Fingerprint())
		}
	})
	t.Run("knows a trusted key", func(t *testing.T) {
		if facts, err := VerifyFile(file, []PublicKey{other, own}); err != nil || !facts.Trusted {
			t.Fatalf("%+v, %v", facts, err)
		}
	})
	t.Run("survives being encoded again as raw JSON", func(t *testing.T) {
		again, err := json.Marshal(json.RawMessage(file))
		if err != nil || !bytes.Equal(again, file) {
			t.Fatalf("changed by encoding: %v", err)
		}
	})
}

// TestEveryByteCounts flips bits of every byte of the document in turn.
func TestEveryByteCounts(t *testing.T) {
	t.Parallel()
	file := testFile(t)
	start := bytes.Index(file, []byte(`{"format"`))
	end := bytes.Index(file, []byte(`,"algorithm"`))
	if start < 0 || end < start {
		t.Fatal("no document in the file")
	}
	for i := start; i < end; i++ {
		for _, mask := range []byte{0x01, 0x20, 0x80} {
			changed := bytes.Clone(file)
			changed[i] ^= mask
			if _, err := VerifyFile(changed, nil); err == nil {
				t.Fatalf("byte %d of the document changed from %q to %q and nobody noticed", i-start, file[i], changed[i])
			}
		}
	}
}

// TestEveryFieldCounts changes each field's value to another valid one.
func TestEveryFieldCounts(t *testing.T) {
	t.Parallel()
	var proof Proof
	if err := json.Unmarshal(testFile(t), &proof); err != nil {
		t.Fatal(err)
	}
	for path := range proof.Fields {
		var document map[string]any
		numbers := json.NewDecoder(bytes.NewReader(proof.Document))
		numbers.UseNumber()
		if err := numbers.Decode(&document); err != nil {
			t.Fatal(err)
		}
		alter(document, path)
		changed := proof
		raw, err := json.Marshal(document)
		if err != nil {
			t.Fatal(err)
		}
		changed.Document = raw
		file, err := json.Marshal(changed)
		if err != nil {
			t.Fatal(err)
		}
		_, err = VerifyFile(file, nil)
		if f, ok := errors.AsType[*fail.Error](err); !ok || f.Key != "drill.fail.proof_changed" || f.Args["fields"] != path {
			t.Errorf("%s changed: got %v %v", path, err, f)
		}
	}
}

func alter(document map[string]any, path string) {
	parts := strings.Split(path, ".")
	for _, part := range parts[:len(parts)-1] {
		document = document[part].(map[string]any)
	}
	last := parts[len(parts)-1]
	if name, _, isElement := strings.Cut(last, "["); isElement {
		list := document[name].([]any)
		index := int(last[len(last)-2] - '0')
		list[index].(map[string]any)["name"] = "other"
		return
	}
	document[last] = "other"
}

func FuzzVerifyFile(f *testing.F) {
	file := testFile(f)
	f.Add(file)
	f.Add([]byte(`{"document":[{}],"algorithm":"ed25519"}`))
	start, end := bytes.Index(file, []byte(`{"format"`)), bytes.Index(file, []byte(`,"algorithm"`))
	document := file[start:end]
	trusted := []PublicKey{{ID: "levqor-proofs-2026-1", Key: testKey(f, 1).private.Public().(ed25519.PublicKey)}}
	f.Fuzz(func(t *testing.T, data []byte) {
		_, err := VerifyFile(data, trusted)
		if err == nil && !bytes.Contains(data, document) {
			t.Fatal("another document passed")
		}
	})
}
