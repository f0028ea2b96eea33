package tree

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"reflect"
	"strings"
	"testing"
)

var someFiles = []File{
	{Path: "a"},
	{Path: "a/b.txt", Size: 12, Modified: 1764068400123456789, Hash: "0f", New: true},
	{Path: "dir", Type: TypeDir, Modified: -5},
	{Path: "link", Type: TypeLink, Size: math.MaxInt64, Modified: math.MinInt64},
	{Path: "object", ETag: `"quoted"`, Hash: "ff"},
	{Path: "object 2", ETag: "d41d8cd9-2", New: true},
	{Path: `quote " and \ slash`},
	{Path: "Zażółć/日本 語 \u2028 <&>.txt", Size: 1, Hash: "aa"},
	{Path: "new\nline\tand\x00zero\x7f"},
}

func TestLines(t *testing.T) {
	t.Parallel()
	t.Run("are what JSON makes of a file", func(t *testing.T) {
		for _, f := range someFiles {
			var want bytes.Buffer
			out := json.NewEncoder(&want)
			out.SetEscapeHTML(false)
			if err := out.Encode(f); err != nil {
				t.Fatal(err)
			}
			got, err := appendLine(nil, f)
			if err != nil || string(got) != want.String() {
				t.Errorf("%q, %v instead of %q", got, err, want.String())
			}
		}
	})
	t.Run("come back", func(t *testing.T) {
		var text bytes.Buffer
		if _, err := Write(&text, someFiles); err != nil {
			t.Fatal(err)
		}
		in := newLines(&text)
		for _, want := range someFiles { // sorted by Write
			if got, err := in.next(); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%+v, %v instead of %+v", got, err, want)
			}
		}
		if _, err := in.next(); !errors.Is(err, io.EOF) {
			t.Error(err)
		}
	})
	t.Run("of another hand are read as JSON is", func(t *testing.T) {
		for _, line := range []string{
			`{"s": 1, "p": "spaced and turned round"}`,
			`{"p":"\u0041","unknown":[1,{}]}`,
			`{"p":"a","s":1e2}`,
			"{\"p\":\"not\xffutf8\"}",
			`{}`,
		} {
			var want File
			wantErr := json.Unmarshal([]byte(line), &want)
			got, err := newLines(strings.NewReader(line)).next()
			if !reflect.DeepEqual(got, want) && wantErr == nil || (err == nil) != (wantErr == nil) {
				t.Errorf("%s: %+v, %v instead of %+v, %v", line, got, err, want, wantErr)
			}
		}
	})
	t.Run("that are cut off or no lines are refused", func(t *testing.T) {
		for _, line := range []string{`{"p":"a`, `{"p":"a"`, `{"p":"a","s":12`, `{"p":"a"}{"p":"b"}`, `{"p":"a","s":}`, "\n{", `null"`} {
			if f, err := newLines(strings.NewReader(line)).next(); err == nil || errors.Is(err, io.EOF) {
				t.Errorf("%q was read as %+v, %v", line, f, err)
			}
		}
	})
}
