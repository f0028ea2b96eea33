package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"levqor/jobs/drill"
)

// The proofs in testdata were signed by a Levqor of 2026 and must verify for ever.
const (
	provenFile  = "testdata/proof.json"
	failedFile  = "testdata/failed.json"
	fingerprint = "SHA256:Edn0SrXMdtKc0tjLtIBbgzkLmyTLBKepfq0PF83nQO4"
)

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// publicKey is the key in the file, as --key takes it.
func publicKey(t *testing.T) string {
	t.Helper()
	var proof drill.Proof
	if err := json.Unmarshal([]byte(read(t, provenFile)), &proof); err != nil {
		t.Fatal(err)
	}
	return proof.PublicKey
}

func indented(t *testing.T, text string) string {
	t.Helper()
	var out bytes.Buffer
	if err := json.Indent(&out, []byte(text), "", "  "); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func changed(t *testing.T, text, from, to string) string {
	t.Helper()
	if !strings.Contains(text, from) {
		t.Fatalf("%q is not in the proof", from)
	}
	return strings.Replace(text, from, to, 1)
}

// A proof names what it does not speak of wherever it is read.
func TestVerifyProofNamesWhatIsNotProven(t *testing.T) {
	t.Parallel()
	ctx, err := english()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	notes := []drill.Note{{Key: "postgres.note.locale", Args: map[string]any{"name": "shop", "had": "de_DE.utf8", "has": "C"}}}
	if err := writeVerdict(ctx, &out, drill.Facts{Document: drill.Document{Notes: notes}}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"one thing that it does not speak of", "- The locale de_DE.utf8 of shop"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
}

func TestVerifyProof(t *testing.T) {
	t.Parallel()
	proof := read(t, provenFile)
	other := base64.StdEncoding.EncodeToString(make([]byte, ed25519.PublicKeySize))
	for name, c := range map[string]struct {
		file string
		args []string
		want string // of what is printed; of the one sentence where it is refused
		bad  bool
	}{
		"a good one":                       {file: proof, want: "is unchanged since it was signed.\nIt says that the copy of sample-shop (My company) taken 25 Nov 2026, 19:18:33 UTC was restored and is as it was recorded.\n21 of 21 checks passed"},
		"a good one of a failed drill":     {file: read(t, failedFile), want: "did NOT come back as it was recorded.\n21 of 22 checks passed"},
		"without a key, says what to do":   {file: proof, want: "compare its fingerprint"},
		"with the key":                     {file: proof, args: []string{"--key", publicKey(t)}, want: fingerprint},
		"with the key's fingerprint":       {file: proof, args: []string{"--key", fingerprint}, want: fingerprint},
		"a changed name":                   {file: changed(t, proof, `"name":"sample-shop"`, `"name":"another"`), bad: true, want: "Not valid: after it was signed, this was changed in it: source.name."},
		"a changed count":                  {file: changed(t, proof, `"rows":391500`, `"rows":391501`), bad: true, want: "this was changed in it: snapshot.rows."},
		"a failed one made to look proven": {file: changed(t, read(t, failedFile), `"passed":false`, `"passed":true`), bad: true, want: "this was changed in it: passed."},
		"a changed signature":              {file: changed(t, proof, `"key_id":"levqor-proofs-2026-1"`, `"key_id":"levqor-proofs-2027-1"`), bad: true, want: "Not valid: the signature does not belong to this document."},
		"laid out anew":                    {file: indented(t, proof), bad: true, want: "Not valid as it is: the values are the signed ones, but the file was laid out anew."},
		"another key":                      {file: proof, args: []string{"--key", other}, bad: true, want: "Signed, but by a key that you do not trust: levqor-proofs-2026-1, " + fingerprint + "."},
		"another fingerprint":              {file: proof, args: []string{"--key", "SHA256:AAAA"}, bad: true, want: "Signed, but by a key that you do not trust"},
		"no key":                           {file: proof, args: []string{"--key", "a key"}, bad: true, want: "--key: give the fingerprint"},
		"garbage":                          {file: "\x00\x01 not a proof", bad: true, want: "This file is not a proof of Levqor, or it is damaged."},
		"other JSON":                       {file: `{"hello": "world"}`, bad: true, want: "This file is not a proof of Levqor"},
		"nothing":                          {file: "", bad: true, want: "This file is not a proof of Levqor"},
		"half of one":                      {file: proof[:len(proof)/2], bad: true, want: "This file is not a proof of Levqor"},
		"something behind it":              {file: proof + "{}", bad: true, want: "This file is not a proof of Levqor"},
		"a huge one":                       {file: strings.Repeat("[", drill.MaxProofBytes+1), bad: true, want: "This file is not a proof of Levqor"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "proof.json")
			if err := os.WriteFile(file, []byte(c.file), 0o600); err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			err := run(t.Context(), append([]string{"verify-proof", file}, c.args...), &out)
			said := out.String()
			if c.bad {
				if err == nil || said != "" || strings.Contains(err.Error(), "\n") {
					t.Fatalf("%v, printed %q", err, said)
				}
				said = err.Error()
			} else if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(strings.ReplaceAll(said, "\u00a0", " "), c.want) {
				t.Errorf("%q is not in %q", c.want, said)
			}
		})
	}
}

func TestVerifyProofNeedsOneFile(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{}, {provenFile, failedFile}, {"--key", fingerprint}, {"testdata/no-such-file.json"}, {"testdata"}} {
		var out bytes.Buffer
		if err := run(t.Context(), append([]string{"verify-proof"}, args...), &out); err == nil || out.Len() > 0 {
			t.Errorf("%v: %v, printed %q", args, err, out.String())
		}
	}
}
