package postgres

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"levqor/jobs/fail"
)

const (
	hostileEnv = "LEVQOR_TEST_HOSTILE_SERVER"
	maxMemory  = 320 << 10 // KB: with the race detector, which triples what a process holds
)

// TestHostileServers: servers that tell of themselves without end. Each is tried in
// a process of its own, whose memory is measured.
func TestHostileServers(t *testing.T) {
	t.Parallel()
	if name := os.Getenv(hostileEnv); name != "" {
		meet(t, name)
		return
	}
	for name := range hostile {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command("/proc/self/exe", "-test.run=^TestHostileServers$", "-test.v", "-test.timeout=2m")
			cmd.Env = append(os.Environ(), hostileEnv+"="+name)
			out, err := cmd.CombinedOutput()
			if err != nil || !strings.Contains(string(out), "--- PASS: TestHostileServers") {
				t.Fatalf("%v: %s", err, out)
			}
			if used := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss; used > maxMemory {
				t.Errorf("it took %d MB", used>>10)
			}
		})
	}
}

// meet tests and backs up one of them.
func meet(t *testing.T, name string) {
	c := Config{Host: "127.0.0.1", Port: pretend(t, hostile[name]), User: "levqor", Password: "x", TLS: TLSPrefer}
	start := time.Now()
	_, err := Test(t.Context(), c, func(Step) {})
	if err == nil {
		t.Error("the test passes")
	}
	_, dumpErr := Dump(t.Context(), c, start, func(context.Context, string, io.Reader) (int64, error) { return 0, nil }, &Progress{})
	if dumpErr == nil {
		t.Error("the backup passes")
	}
	if name == "rows" && fail.ClassOf(dumpErr) != fail.ClassConfig {
		t.Errorf("in words: %v", dumpErr)
	}
	t.Logf("after %s: %v; %v", time.Since(start).Round(time.Millisecond), err, dumpErr)
}

// hostile is what such a server answers to a question.
var hostile = map[string]func(w io.Writer) error{
	"rows": func(w io.Writer) error {
		return endless(w, &pgproto3.DataRow{Values: [][]byte{[]byte(strings.Repeat("x", 60))}})
	},
	"long rows": func(w io.Writer) error {
		return endless(w, &pgproto3.DataRow{Values: [][]byte{[]byte(strings.Repeat("x", 3<<20))}})
	},
	"a row of a gigabyte": func(w io.Writer) error {
		if _, err := w.Write([]byte{'D', 0x40, 0, 0, 0, 0, 1, 0x3f, 0xff, 0xff, 0xf0}); err != nil {
			return err
		}
		for {
			if _, err := w.Write(make([]byte, 1<<20)); err != nil {
				return err
			}
		}
	},
	"notices": func(w io.Writer) error {
		return endless(w, &pgproto3.NoticeResponse{Severity: "NOTICE", Code: "00000", Message: strings.Repeat("hello ", 100)})
	},
	"settings": func(w io.Writer) error {
		for i := 0; ; i++ {
			text, err := (&pgproto3.ParameterStatus{Name: fmt.Sprint("name", i), Value: strings.Repeat("x", 1000)}).Encode(nil)
			if err == nil {
				_, err = w.Write(text)
			}
			if err != nil {
				return err
			}
		}
	},
}

func endless(w io.Writer, message pgproto3.BackendMessage) error {
	text, err := message.Encode(nil)
	for err == nil {
		_, err = w.Write(text)
	}
	return err
}

// pretend listens as a PostgreSQL server that lets everybody in.
func pretend(t *testing.T, answer func(w io.Writer) error) (port int) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				_ = converse(conn, answer)
			}()
		}
	}()
	return l.Addr().(*net.TCPAddr).Port
}

func converse(conn net.Conn, answer func(w io.Writer) error) error {
	b := pgproto3.NewBackend(conn, conn)
	for {
		first, err := b.ReceiveStartupMessage()
		if err != nil {
			return err
		}
		if _, plain := first.(*pgproto3.StartupMessage); plain {
			break
		}
		if _, err := conn.Write([]byte("N")); err != nil {
			return err
		}
	}
	b.Send(&pgproto3.AuthenticationOk{})
	b.Send(&pgproto3.ParameterStatus{Name: "server_version", Value: "15.3"})
	b.Send(&pgproto3.BackendKeyData{ProcessID: 1, SecretKey: []byte{1, 2, 3, 4}})
	b.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
	fields := &pgproto3.RowDescription{Fields: []pgproto3.FieldDescription{{Name: []byte("name"), DataTypeOID: 25, DataTypeSize: -1, TypeModifier: -1}}}
	for {
		if err := b.Flush(); err != nil {
			return err
		}
		asked, err := b.Receive()
		if err != nil {
			return err
		}
		switch asked := asked.(type) {
		case *pgproto3.Parse:
			b.Send(&pgproto3.ParseComplete{})
			oids := make([]uint32, strings.Count(asked.Query, "$1"))
			b.Send(&pgproto3.ParameterDescription{ParameterOIDs: oids[:min(1, len(oids))]})
			b.Send(fields)
		case *pgproto3.Sync:
			b.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
		case *pgproto3.Bind:
			b.Send(&pgproto3.BindComplete{})
		case *pgproto3.Query:
			if strings.HasPrefix(asked.String, "begin") || strings.HasPrefix(asked.String, "SET") {
				b.Send(&pgproto3.CommandComplete{CommandTag: []byte("SET")})
				b.Send(&pgproto3.ReadyForQuery{TxStatus: 'T'})
				continue
			}
			b.Send(fields)
			if err := b.Flush(); err != nil {
				return err
			}
			return answer(conn)
		case *pgproto3.Execute:
			b.Send(fields)
			if err := b.Flush(); err != nil {
				return err
			}
			return answer(conn)
		case *pgproto3.Terminate:
			return nil
		}
	}
}
