package postgres

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/zeebo/xxh3"
)

const sampleDump = `--
-- PostgreSQL database dump
--

\restrict levqor

SET statement_timeout = 0;
SELECT pg_catalog.set_config('search_path', '', false);

COPY public.a (id, v) FROM stdin;
1	x
2	\\.
3	a\nb

\.


COPY "we""ird"."na
me; FROM stdin;" ("co l") FROM stdin;
\N
\.

SELECT pg_catalog.setval('public."it''s
; COPY public.b (id) FROM stdin;
"', 5, true);

\unrestrict levqor

`

func scanned(t *testing.T, text string, cut func(left int) int) *scanner {
	t.Helper()
	s := newScanner()
	for len(text) > 0 {
		n := min(max(cut(len(text)), 1), len(text))
		if _, err := s.Write([]byte(text[:n])); err != nil {
			t.Fatal(err)
		}
		text = text[n:]
	}
	return s
}

func TestTheScannerFindsTablesHoweverTheStreamIsCut(t *testing.T) {
	t.Parallel()
	whole := scanned(t, sampleDump, func(left int) int { return left })
	if err := whole.close(); err != nil || len(whole.tables) != 2 {
		t.Fatalf("%d tables, %v", len(whole.tables), err)
	}
	if a := whole.tables[tableKey{"public", "a"}]; a == nil || a.rows != 4 {
		t.Fatalf("public.a: %+v", a)
	}
	if w := whole.tables[tableKey{`we"ird`, "na\nme; FROM stdin;"}]; w == nil || w.rows != 1 {
		t.Fatalf("the weird one: %+v", w)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for _, cut := range []func(int) int{func(int) int { return 1 }, func(int) int { return 2 }, func(int) int { return 1 + random.IntN(40) }} {
		other := scanned(t, sampleDump, cut)
		for key, tally := range whole.tables {
			if got := other.tables[key]; got == nil || *got != *tally {
				t.Errorf("%q: %+v, not %+v", key, got, tally)
			}
		}
	}
}

func TestTheFingerprintHasNoOrderButEveryRow(t *testing.T) {
	t.Parallel()
	hash := func(rows ...string) string {
		s := scanned(t, "COPY a.b (x) FROM stdin;\n"+strings.Join(rows, "\n")+"\n\\.\n", func(left int) int { return left })
		return s.tables[tableKey{"a", "b"}].hash()
	}
	if hash("1", "2", "3") != hash("3", "1", "2") {
		t.Error("order counts")
	}
	for _, other := range []string{hash("1", "2"), hash("1", "2", "3", "3"), hash("1", "2", "4"), hash("1", "23", "")} {
		if other == hash("1", "2", "3") {
			t.Error("a difference is not seen")
		}
	}
}

func TestACutDumpIsNoDump(t *testing.T) {
	t.Parallel()
	end := strings.LastIndex(sampleDump, "\\unrestrict")
	for at := strings.Index(sampleDump, "COPY"); at < strings.Index(sampleDump, "\\.\n\n\nCOPY"); at++ {
		if s := scanned(t, sampleDump[:at+1], func(left int) int { return left }); s.close() == nil {
			t.Fatalf("cut at %d passes: %q", at, sampleDump[:at+1])
		}
	}
	if s := scanned(t, sampleDump[:end], func(left int) int { return left }); s.close() != nil {
		t.Error("a whole one is refused")
	}
}

// FuzzScanner holds the scanner against a naive reading, and the restore's
// reader against both.
func FuzzScanner(f *testing.F) {
	f.Add([]byte("1\tx\n\\\\.\n\n"), 3)
	f.Add([]byte("\n\\.x\n.\\\n"), 1)
	f.Add([]byte("a\n\\N\n\\.\\.\n"), 7)
	f.Fuzz(func(t *testing.T, rows []byte, cut int) {
		if len(rows) > 0 && rows[len(rows)-1] != '\n' || bytes.HasPrefix(rows, []byte("\\.\n")) || bytes.Contains(rows, endMark) {
			return
		}
		text := "SET x = 1;\n\nCOPY a.b (x) FROM stdin;\n" + string(rows) + "\\.\n\nSELECT 1;\n"
		want := tally{}
		for line := range bytes.Lines(rows) {
			want.add(xxh3.Hash128(bytes.TrimSuffix(line, []byte("\n"))))
		}
		s := scanned(t, text, func(int) int { return cut })
		if got := s.tables[tableKey{"a", "b"}]; got == nil || *got != want || s.close() != nil {
			t.Fatalf("got %+v, want %+v", got, want)
		}
		from := newDumpText(strings.NewReader(text))
		for _, statement := range []string{"SET x = 1;", "COPY a.b (x) FROM stdin;"} {
			if got, err := from.statement(); got != statement || err != nil {
				t.Fatalf("got %q, %v", got, err)
			}
		}
		back, err := io.ReadAll(&copyRows{from: from.r, lineStart: true})
		if err != nil || !bytes.Equal(back, rows) {
			t.Fatalf("rows %q came back as %q, %v", rows, back, err)
		}
		if got, err := from.statement(); got != "SELECT 1;" || err != nil {
			t.Fatalf("after the rows: %q, %v", got, err)
		}
	})
}

func FuzzPathName(f *testing.F) {
	f.Add("orders", "Orders")
	f.Add("../etc", "..%2Fetc")
	f.Fuzz(func(t *testing.T, a, b string) {
		if len(a) > 63 || len(b) > 63 || strings.ToValidUTF8(a, "") != a || strings.ToValidUTF8(b, "") != b {
			return
		}
		safe := pathName(a)
		if strings.ContainsAny(safe, "/\\.\x00\n") || len(safe) > maxPathName/2 {
			t.Fatalf("%q becomes %q", a, safe)
		}
		if a != b && safe == pathName(b) {
			t.Fatalf("%q and %q are both %q", a, b, safe)
		}
	})
}

func BenchmarkScanner(b *testing.B) {
	var text bytes.Buffer
	text.WriteString("COPY public.pgbench_accounts (aid, bid, abalance, filler) FROM stdin;\n")
	for i := range 20_000 {
		fmt.Fprintf(&text, "%d\t%d\t%d\t%84s\n", i, i/100, 0, "")
	}
	text.WriteString("\\.\n")
	b.SetBytes(int64(text.Len()))
	b.ReportAllocs()
	s := newScanner()
	for b.Loop() {
		for piece := range slicesOf(text.Bytes(), pieceSize) {
			s.Write(piece)
		}
	}
}

func slicesOf(text []byte, size int) func(func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for len(text) > 0 {
			n := min(size, len(text))
			if !yield(text[:n]) {
				return
			}
			text = text[n:]
		}
	}
}
