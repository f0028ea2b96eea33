package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"levqor/jobs/drill"
	"levqor/jobs/fail"
	"levqor/locales"
	"levqor/views/parts"
)

// verifyProof checks a proof's signature and says what it proves. It needs no
// network, no account and no configuration.
func verifyProof(args []string, out io.Writer) error {
	file, key, err := proofArgs(args)
	if err != nil {
		return err
	}
	text, err := readProofFile(file)
	if err != nil {
		return err
	}
	ctx, err := english()
	if err != nil {
		return err
	}
	facts, err := verify(text, key)
	if err != nil {
		return sentence(ctx, err)
	}
	return writeVerdict(ctx, out, facts)
}

// fingerprintOf begins a key that is given by its fingerprint, as proofs show it.
const fingerprintOf = "SHA256:"

// verify trusts the key that is given, whole or by its fingerprint; without one,
// whichever signed.
func verify(text []byte, key string) (drill.Facts, error) {
	var trusted []drill.PublicKey
	if key != "" && !strings.HasPrefix(key, fingerprintOf) {
		raw, err := base64.StdEncoding.DecodeString(key)
		if err != nil || len(raw) != ed25519.PublicKeySize {
			return drill.Facts{}, errors.New("--key: give the fingerprint that a proof shows, or the public key, 32 bytes in base64")
		}
		trusted = []drill.PublicKey{{Key: raw}}
	}
	facts, err := drill.VerifyFile(text, trusted)
	if err != nil || !strings.HasPrefix(key, fingerprintOf) {
		return facts, err
	}
	if found := facts.Key.Fingerprint(); found != key {
		return drill.Facts{}, fail.New(fail.Invalid, "drill.fail.proof_untrusted", "key", facts.Key.ID, "fingerprint", found)
	}
	facts.Trusted = true
	return facts, nil
}

// sentence is what is wrong with a proof, without what to do about it.
func sentence(ctx context.Context, err error) error {
	failure, ok := errors.AsType[*fail.Error](err)
	if !ok {
		return err
	}
	return errors.New(locales.T(ctx, failure.Key+".text", locales.Pairs(failure.Args)...))
}

// proofArgs takes the flag before or behind the file's name.
func proofArgs(args []string) (file, key string, err error) {
	flags := flag.NewFlagSet("verify-proof", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // main says what is wrong
	flags.StringVar(&key, "key", "", "the public key that must have signed it, or its fingerprint; empty: the one in the file")
	var files []string
	for rest := args; len(rest) > 0; rest = flags.Args()[min(1, flags.NArg()):] {
		if err := flags.Parse(rest); err != nil {
			return "", "", err
		}
		if flags.NArg() > 0 {
			files = append(files, flags.Arg(0))
		}
	}
	if len(files) != 1 {
		return "", "", errors.New("usage: levqor verify-proof FILE [--key FINGERPRINT_OR_PUBLIC_KEY]")
	}
	return files[0], key, nil
}

func readProofFile(name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, drill.MaxProofBytes+1))
}

func writeVerdict(ctx context.Context, out io.Writer, facts drill.Facts) error {
	d := facts.Document
	verdict := "drill.verdict.failed"
	if d.Passed {
		verdict = "drill.verdict.passed"
	}
	lines := []string{
		locales.T(ctx, "drill.verdict.valid", "proof", d.Proof),
		locales.T(ctx, verdict, "source", d.Source.Name, "workspace", d.Workspace.Name, "taken", locales.Exact(ctx, d.Snapshot.TakenAt)),
		locales.T(ctx, "drill.verdict.checks", "good", locales.Number(ctx, d.Good), "total", locales.Number(ctx, d.Total), "finished", locales.Exact(ctx, d.FinishedAt)),
		locales.T(ctx, "drill.verdict.measured", "restore", locales.Duration(ctx, time.Duration(d.Objectives.RestoreMS)*time.Millisecond),
			"lost", locales.Duration(ctx, time.Duration(d.Objectives.LostSeconds)*time.Second)),
		locales.T(ctx, "drill.verdict.signed", "key", facts.Key.ID, "fingerprint", facts.Key.Fingerprint()),
	}
	if len(d.Notes) > 0 {
		lines = append(lines, locales.N(ctx, "drill.verdict.notes", len(d.Notes)))
		for _, note := range d.Notes {
			lines = append(lines, "- "+parts.NoteText(ctx, note))
		}
	}
	if !facts.Trusted {
		lines = append(lines, locales.T(ctx, "drill.verdict.compare"))
	}
	for _, line := range lines {
		if _, err := fmt.Fprintln(out, line); err != nil {
			return err
		}
	}
	return nil
}

// english is a context for what the command line says.
func english() (context.Context, error) {
	catalogue, err := locales.Load()
	if err != nil {
		return nil, err
	}
	return locales.WithNow(catalogue.With(context.Background(), locales.English), time.Now()), nil
}

// explain is a failure in words; an error of another kind stays as it is.
func explain(ctx context.Context, err error) error {
	failure, ok := errors.AsType[*fail.Error](err)
	if !ok {
		return err
	}
	var text bytes.Buffer
	for _, field := range failure.Fields {
		fmt.Fprintf(&text, "%s: %s\n", field.Name, locales.T(ctx, field.Key, locales.Pairs(field.Args)...))
	}
	if text.Len() == 0 {
		args := locales.Pairs(failure.Args)
		text.WriteString(locales.T(ctx, failure.Key+".text", args...))
		if locales.Has(ctx, failure.Key+".mend") {
			text.WriteString(" " + locales.T(ctx, failure.Key+".mend", args...))
		}
	}
	return errors.New(string(bytes.TrimSpace(text.Bytes())))
}
